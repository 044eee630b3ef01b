/** One thing that was found, in words. */
export interface Remark {
  readonly mark: 'good' | 'note' | 'bad'
  readonly text: string
  /** What to change, where something should be. */
  readonly advice?: string
}
