#!/usr/bin/env node
/** The command `vestnik`, for who installs this package alone. */
import { main } from '@vestnik/cli'

await main()
