/** Members and brokers behind a socket that break a promise each: what the laws about processes must find. */
import type { BrokerFault } from './socket-broker.fixture.ts'
import type { MemberFault } from './socket-transport.fixture.ts'

export interface SocketFault {
  readonly ofBroker?: BrokerFault
  readonly ofMember?: MemberFault
  /** The sentences of laws that must find it. */
  readonly breaks: readonly string[]
}

export const socketFaults: readonly SocketFault[] = [
  {
    ofBroker: 'keeps what the dead held',
    breaks: [
      'what a killed member held comes again at another, and is called redelivered',
      'members killed under load lose nothing, and each key keeps its order',
    ],
  },
  {
    ofBroker: 'takes over as new',
    breaks: ['what a killed member held comes again at another, and is called redelivered'],
  },
  {
    ofBroker: 'forgets ends with the member',
    breaks: ['what had ended a while before its member was killed does not come again'],
  },
  {
    ofBroker: 'takes an end for all before it',
    breaks: ['what still ran when its member was killed comes again, although later messages had ended'],
  },
  {
    ofMember: 'ensures later',
    breaks: ['what ensure made is there although its member is killed at once'],
  },
  {
    ofMember: 'gives up at once',
    breaks: ['a transport opens although the broker is away, and works when it is back'],
  },
  { ofBroker: 'tears', breaks: ['what a killed publisher had confirmed arrives, nothing torn and no key with a gap'] },
  { ofBroker: 'lease never ends', breaks: ['a member stopped for longer than its lease is taken over'] },
  {
    ofMember: 'tells its late ends',
    breaks: ['a member that wakes after its lease ends nothing that another holds now'],
  },
  {
    ofMember: 'goes on with its keys',
    breaks: ['a member that wakes after its lease starts nothing of a key that another runs'],
  },
  { ofMember: 'aborts no signal', breaks: ['a member that wakes after its lease hears it from its signals'] },
  {
    ofMember: 'confirms before it sends',
    breaks: ['what publish resolved for is there although its publisher is killed at once'],
  },
  {
    ofMember: 'confirms while the broker is gone',
    breaks: ['publish never resolves for what a broker that is gone does not hold'],
  },
  {
    ofMember: 'stays away after an outage',
    breaks: ['after the broker was gone members read on by themselves, and nothing confirmed is lost'],
  },
  { ofMember: 'hoards', breaks: ['a member reads a backlog of 100,000 in bounded memory'] },
]
