/** The whole story, with real processes, over HTTP and SMTP. */
import { test } from 'node:test'
import { tellWholeStory } from './whole-story.ts'

test(
  'a person signs up, confirms the address, signs in, rents, signs out, and sets a new password',
  {
    timeout: 60_000,
  },
  (t) => tellWholeStory(t),
)
