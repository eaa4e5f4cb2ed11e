/** A stage that cannot be set says so, and leaves nothing behind. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openStage } from './stage.ts'

for (const service of ['users', 'mailer']) {
  test(`a ${service} service that cannot start ends the wait for it`, { timeout: 60_000 }, async (t) => {
    const stage = await openStage()
    t.after(() => stage.close())
    mkdirSync(join(stage.folder, 'data'))
    writeFileSync(join(stage.folder, 'data', `${service}.db`), 'this is no database'.repeat(1000))
    await assert.rejects(stage.start(), { message: `${service} ended before it was ready` })
    assert.ok(
      stage.log().some((line) => line.includes(`${service} cannot start: `)),
      stage.log().join('\n'),
    )
    await stage.close()
    assert.ok(!existsSync(stage.folder))
    await assert.rejects(stage.startMailer(), /over/)
  })
}
