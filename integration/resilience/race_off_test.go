//go:build !race

package resilience_test

const slowdown = 1
