// Plays tournaments in brackets-manager. Reads a list of {stage, rule, number, waves, tables} on
// stdin: what to create, how series are decided (see play.py), how often all that are ready are
// played (null for as often as there are), and whether to answer the tables. Answers a list of
// {champion, series: [[group, a, b, winner]], tables}.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import brackets from 'brackets-manager'
import memory from 'brackets-memory-db'

const READY = 2
const GRAND_FINAL = 3

function drawn(text) {
  return parseInt(createHash('sha256').update(text).digest('hex').slice(0, 8), 16)
}

function decide(rule, number, a, b, met) {
  if (rule === 'strength') return drawn(`${number}:${a}`) > drawn(`${number}:${b}`) ? a : b
  const [low, high] = a < b ? [a, b] : [b, a]
  const [favourable, of] = rule === 'odds' ? [high, low + high] : [1, 2]
  return drawn(`${number}:${low}:${high}:${met}`) * of < favourable * 2 ** 32 ? low : high
}

async function play({ stage, rule, number, waves, tables }) {
  const database = new memory.InMemoryDatabase()
  const manager = new brackets.BracketsManager(database)
  database.data.participant = stage.seedingIds
    .filter(id => id !== null)
    .map(id => ({ id, tournament_id: stage.tournamentId, name: `Team ${id}` }))
  const { id } = await manager.create.stage(stage)
  const groups = Object.fromEntries(database.data.group.map(({ id, number }) => [id, number]))
  const met = {}
  const series = []
  for (let wave = 0; wave < (waves ?? Infinity); wave++) {
    const ready = database.data.match.filter(({ status }) => status === READY)
    if (!ready.length) break
    for (const match of ready) {
      const group = groups[match.group_id]
      const [a, b] = [match.opponent1.id, match.opponent2.id]
      const pair = [a, b].sort().join()
      met[pair] ??= 0
      const winner = decide(rule, number, a, b, met[pair]++)
      series.push([group, a, b, winner])
      await manager.update.match({
        id: match.id,
        opponent1: { score: Number(winner === a), ...(winner === a && { result: 'win' }) },
        opponent2: { score: Number(winner === b), ...(winner === b && { result: 'win' }) },
      })
    }
    // Its second grand final is ready even if nobody needs it.
    const [group, a, , winner] = series.at(-1)
    if (group === GRAND_FINAL && winner === a) break
  }
  const standings = waves === null ? await manager.get.finalStandings(id) : []
  return { champion: standings[0]?.id ?? null, series, tables: tables ? database.data : null }
}

const courses = []
for (const tournament of JSON.parse(readFileSync(0, 'utf8'))) courses.push(await play(tournament))
console.log(JSON.stringify(courses))
