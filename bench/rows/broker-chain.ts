/** The whole chain over a broker: of a writing and a reading program, ours or by hand. */
import { endToEnd } from '../harness/end-to-end.ts'
import type { Figures } from '../harness/row.ts'
import type { BrokerPlace } from '../peers/broker.ts'

/** A tenth more to warm up with. */
export function chain(whose: string, count: number): (place: BrokerPlace, folder: string) => Promise<Figures> {
  return (rabbit, folder) =>
    endToEnd({
      writer: `${whose}place-orders.ts`,
      reader: `${whose}bill-orders.ts`,
      input: { folder, rabbit, warm: Math.ceil(count / 10), count },
    })
}
