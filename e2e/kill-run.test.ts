/** Sign-ins and rentals while every service is killed at random: nothing answered is lost, and nothing is doubled but mails, which are counted. */
import { test } from 'node:test'
import { surviveKills } from './kill-run/survive-kills.ts'

test(
  'every answered sign-in and rental is there once and every mail came, whatever is killed',
  {
    timeout: 380_000,
  },
  (t) => surviveKills(t),
)
