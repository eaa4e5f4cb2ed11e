/** Tells an operator once of settings of the broker that make it slower to take over, or repeat what nobody remembers. */
import { type Admin, ConfigResourceTypes, type ConfigResourceTypeValue } from '@platformatic/kafka'
import type { Topology } from '@vestnik/bus/transport'
import type { Broker } from './broker.ts'
import type { Names } from './names.ts'
import type { Settings } from './options.ts'
import { groupWarnings, topicWarnings } from './topic-config.ts'

export interface WarningParts {
  readonly settings: Settings
  readonly names: Names
  readonly broker: Broker
}

/** Looks at what is ensured, in private; what may not be looked at is not judged. */
export function createWarnings({ settings, names, broker }: WarningParts): (topology: Topology) => Promise<void> {
  const { log, rememberMs } = settings
  const told = new Set<string>()

  async function look({ topics, groups }: Topology): Promise<void> {
    for (const topic of topics.map(({ name }) => names.topic(name))) {
      const config = await configOf(broker, ConfigResourceTypes.TOPIC, topic)
      if (config) for (const text of topicWarnings(topic, config, rememberMs)) tell(text)
    }
    for (const group of new Set(groups.map(({ name }) => name))) {
      const config = await configOf(broker, ConfigResourceTypes.GROUP, group)
      if (config) for (const text of groupWarnings(group, config)) tell(text)
    }
  }

  function tell(text: string): void {
    if (!told.has(text)) log(text)
    told.add(text)
  }

  return look
}

/** Undefined where it cannot be looked at. */
async function configOf(
  broker: Broker,
  resourceType: ConfigResourceTypeValue,
  resourceName: string,
): Promise<ReadonlyMap<string, string> | undefined> {
  const question = (admin: Admin) => admin.describeConfigs({ resources: [{ resourceType, resourceName }] })
  const [found] = await broker.ask(`look at the settings of ${resourceName}`, question).catch(() => [])
  return found && new Map(found.configs.map(({ name, value }) => [name, value ?? '']))
}
