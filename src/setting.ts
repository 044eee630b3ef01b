/** One line of the table. */
export interface Setting {
  readonly name: string
  /** What stands for its value in --help. */
  readonly value: string
  readonly default: string | undefined
  readonly says: string
  readonly read: (text: string) => unknown
  /** Under which heading --help lists it. */
  readonly group: 'Origin' | 'Viewers' | 'HTTPS' | 'Operators' | 'Limits'
  /** Whether SIGHUP changes it, or only a restart. */
  readonly reloads: boolean
  /** Never shown, only whether it is set. */
  readonly isSecret?: true
}
