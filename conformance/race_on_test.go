//go:build race

package conformance

// The race detector makes each reply take ten times as long.
const defaultReplies = 30_000
