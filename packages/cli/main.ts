#!/usr/bin/env node
/** The command `vestnik`. */
import { main } from './run.ts'

await main()
