/** Reads with NestJS: a controller's handler behind a pipe that validates; its consumer commits by itself. */
import 'reflect-metadata'
import { Controller, Logger, Module, type PipeTransform } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { EventPattern, Payload } from '@nestjs/microservices'
import { counter } from '../harness/counter.ts'
import type { Payload as Order } from '../harness/messages.ts'
import { order } from '../harness/orders.ts'
import { parentDone, readInput } from '../harness/program.ts'
import { nestOptions } from './nest.ts'
import type { PlaceInput } from './place.ts'

const input = readInput<PlaceInput>()
const count = counter(input)

class Validation implements PipeTransform<unknown, Order> {
  transform(value: unknown): Order {
    return order.parse(value)
  }
}

class Billing {
  bill(placed: Order): void {
    count(placed)
  }
}

class App {}

// What decorators do, which Node does not strip.
Controller()(Billing)
EventPattern(input.name)(Billing.prototype, 'bill', descriptorOf(Billing.prototype, 'bill'))
Payload(new Validation())(Billing.prototype, 'bill', 0)
Reflect.defineMetadata('design:paramtypes', [Object], Billing.prototype, 'bill')
Module({ controllers: [Billing] })(App)

Logger.overrideLogger(['error'])
const app = await NestFactory.createMicroservice(App, nestOptions(input))
await app.listen()
await parentDone
await app.close()

function descriptorOf(prototype: object, name: string): PropertyDescriptor {
  const found = Object.getOwnPropertyDescriptor(prototype, name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found
}
