#!/usr/bin/env node
/** The command `vestnik`, as this package installs it. */
import { main } from '@vestnik/cli'

await main()
