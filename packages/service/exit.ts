/** How a service's process says why it ended. */

/** The process cannot start, and starting it again would not help: a person must change something. */
export const exitHopeless = 2
