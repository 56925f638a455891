//go:build !race

package conformance

const defaultReplies = 300_000
