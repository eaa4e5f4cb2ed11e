/** For the tests of those who use Vestnik: a bus in memory with the same semantics, and a clock that the test moves. */
export { watchWork } from './busy-store.ts'
export { type TestClock, testClock } from './clock.ts'
export { type MemoryBroker, type MemoryOptions, memoryBroker, memoryTransport } from './memory-transport.ts'
export { openTestBus, type TestBus, type TestBusOptions, testPorts } from './test-bus.ts'
