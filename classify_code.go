package jsonrpc

import (
	"slices"
	"strings"
)

// A codeRule says what an error object means whose code and message fit.
type codeRule struct {
	codes  []int64  // any of them; none: any that servers use for their own troubles
	words  []string // any of them, in small letters; none: any message
	class  Class
	source string // where it was found
}

// codeRules are codes and words of real servers, the first that fits first. The
// table in docs/reliability.md is this one: a test sees to that.
var codeRules = []codeRule{
	{codes: []int64{429}, class: ClassRateLimited, source: "Alchemy, QuickNode, Wetez"},
	{codes: []int64{-32005}, words: []string{"query returned more than", "block range"}, class: ClassAnswer,
		source: "Infura, Forest: a range that is too wide stays so"},
	{codes: []int64{-32005}, words: []string{"node is behind"}, class: ClassBehind, source: "Solana (NODE_UNHEALTHY)"},
	{codes: []int64{-32005}, words: []string{"unhealthy"}, class: ClassUnavailable, source: "Solana (NODE_UNHEALTHY)"},
	{codes: []int64{-32005}, words: []string{"rejected by transport"}, class: ClassAnswer, source: "MCP go-sdk (ErrRejected)"},
	{codes: []int64{-32005}, class: ClassRateLimited, source: "Infura, Chainstack, Goldsky (EIP-1474: limit exceeded)"},
	{codes: []int64{-32605}, class: ClassRateLimited, source: "BlockVision"},
	{words: []string{"rate limit", "rate-limit", "rate exceeded", "too many requests", "request limit", "credits limited",
		"requests per second", "compute units per second"}, class: ClassRateLimited,
		source: "Infura, QuickNode (-32007, -32012), Alchemy (-32016), as the Rust client alloy knows them"},
	{codes: []int64{-32016}, words: []string{"minimum context slot"}, class: ClassBehind, source: "Solana (MIN_CONTEXT_SLOT_NOT_REACHED)"},
	{codes: []int64{-32014}, words: []string{"not yet available", "not available yet"}, class: ClassBehind, source: "Solana (BLOCK_STATUS_NOT_AVAILABLE_YET)"},
	{codes: []int64{-32004}, words: []string{"block not available"}, class: ClassBehind, source: "Solana (BLOCK_NOT_AVAILABLE)"},
	{codes: []int64{-32000}, words: []string{"header not found"}, class: ClassBehind, source: "Infura behind its load balancer, QuickNode"},
	{codes: []int64{-32004}, words: []string{"server is closing"}, class: ClassUnavailable, source: "MCP go-sdk (ErrServerClosing)"},
	{codes: []int64{-32603}, words: []string{"backend request failed"}, class: ClassUnavailable, source: "a gateway that reached none of its nodes"},
	{codes: []int64{-32015}, words: []string{"timeout", "timed out"}, class: ClassTimeout, source: "Goldsky (node timeout)"},
	{codes: []int64{-32802}, class: ClassUnavailable, source: "Language Server Protocol (ServerCancelled)"},
	{codes: []int64{-28}, class: ClassUnavailable, source: "Bitcoin Core (RPC_IN_WARMUP)"},
}

// classOfCode returns the class of an error object by what is in it.
func classOfCode(e *Error) Class {
	message := ""
	for i := range codeRules {
		r := &codeRules[i]
		if len(r.codes) > 0 && !slices.Contains(r.codes, e.Code) || len(r.codes) == 0 && !ownTrouble(e.Code) {
			continue
		}
		if len(r.words) == 0 {
			return r.class
		}
		if message == "" {
			message = strings.ToLower(e.Message)
		}
		if slices.ContainsFunc(r.words, func(word string) bool { return strings.Contains(message, word) }) {
			return r.class
		}
	}
	return ClassAnswer
}

// ownTrouble reports whether a code is one that servers use for troubles of their
// own and not the application's: those reserved for them (clause 5.1), internal
// error, and none.
func ownTrouble(code int64) bool {
	return code >= -32099 && code <= -32000 || code == CodeInternalError || code == 0
}
