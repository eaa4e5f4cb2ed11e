/** A NestJS microservice with a controller's handler behind a pipe that validates. */
import 'reflect-metadata'
import { Controller, Logger, Module, type PipeTransform } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { Ctx, EventPattern, type KafkaOptions, Payload, type RmqOptions } from '@nestjs/microservices'
import type { Payload as Order } from '../harness/messages.ts'
import { order } from '../harness/orders.ts'
import { parentDone } from '../harness/program.ts'

class Validation implements PipeTransform<unknown, Order> {
  transform(value: unknown): Order {
    return order.parse(value)
  }
}

class App {}

/** Reads what is called so until the parent has enough; `handle` is given each order, and the context of its message. */
export async function readWithNest<Context>(
  options: KafkaOptions | RmqOptions,
  pattern: string,
  handle: (placed: Order, context: Context) => void,
): Promise<void> {
  class Billing {
    bill(placed: Order, context: Context): void {
      handle(placed, context)
    }
  }

  // What decorators do, which Node does not strip.
  Controller()(Billing)
  EventPattern(pattern)(Billing.prototype, 'bill', descriptorOf(Billing.prototype, 'bill'))
  Payload(new Validation())(Billing.prototype, 'bill', 0)
  Ctx()(Billing.prototype, 'bill', 1)
  Reflect.defineMetadata('design:paramtypes', [Object, Object], Billing.prototype, 'bill')
  Module({ controllers: [Billing] })(App)

  Logger.overrideLogger(['error'])
  const app = await NestFactory.createMicroservice<KafkaOptions | RmqOptions>(App, options)
  await app.listen()
  await parentDone
  await app.close()
}

function descriptorOf(prototype: object, name: string): PropertyDescriptor {
  const found = Object.getOwnPropertyDescriptor(prototype, name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found
}
