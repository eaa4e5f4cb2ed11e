/** A short campaign as a test: whatever it finds fails, and its figures are told. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type Account, faultyKinds } from './account.ts'
import { runCampaign } from './campaign.ts'
import { type CampaignOptions, standardPatienceSeconds } from './options.ts'
import { commandOf, reportOf, summary } from './report.ts'

/** A minute of faults, the start, and at most the time that a mail waits whose mailer was killed in the act; with patience. */
export const shortCampaignMs = 390_000
/** Where brokers and databases are started too. */
export const longerCampaignMs = 600_000

/**
 * Each kind of command was answered under kills; nothing answered is lost, nothing is doubled but mails, which are
 * counted, and each key keeps its order.
 */
export async function assertCleanCampaign(
  t: TestContext,
  chosen: Pick<CampaignOptions, 'broker' | 'database' | 'seed'> & Partial<CampaignOptions>,
): Promise<void> {
  const usual = { minutes: 1, instances: 1, patienceSeconds: standardPatienceSeconds, write: false }
  const options = { ...usual, ...chosen }
  t.diagnostic(commandOf(options))
  const report = reportOf(options, await runCampaign(options, () => {}, t.signal))
  t.diagnostic(summary(report))
  assertClean(report.account)
}

/** Shows what is wrong, and nothing else. */
export function assertClean(account: Account): void {
  assert.deepEqual(wrongIn(account), {})
}

function wrongIn(account: Account): Partial<Account> {
  return Object.fromEntries(faultyKinds.flatMap((kind) => (account[kind].length > 0 ? [[kind, account[kind]]] : [])))
}
