/** Reads with NestJS: a controller's handler behind a pipe that validates, which acknowledges each message itself. */
import 'reflect-metadata'
import { Controller, Logger, Module, type PipeTransform } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { Ctx, EventPattern, Payload, type RmqContext } from '@nestjs/microservices'
import { counter } from '../harness/counter.ts'
import type { Payload as Order } from '../harness/messages.ts'
import { order, orderPlaced } from '../harness/orders.ts'
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
  bill(placed: Order, context: RmqContext): void {
    count(placed)
    context.getChannelRef().ack(context.getMessage())
  }
}

class App {}

// What decorators do, which Node does not strip.
Controller()(Billing)
EventPattern(orderPlaced.topic)(Billing.prototype, 'bill', descriptorOf(Billing.prototype, 'bill'))
Payload(new Validation())(Billing.prototype, 'bill', 0)
Ctx()(Billing.prototype, 'bill', 1)
Reflect.defineMetadata('design:paramtypes', [Object, Object], Billing.prototype, 'bill')
Module({ controllers: [Billing] })(App)

Logger.overrideLogger(['error'])
const app = await NestFactory.createMicroservice(App, nestOptions(input, false))
await app.listen()
await parentDone
await app.close()

function descriptorOf(prototype: object, name: string): PropertyDescriptor {
  const found = Object.getOwnPropertyDescriptor(prototype, name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found
}
