package main

import (
	"strings"
	"testing"
)

func TestSummarize(t *testing.T) {
	const events = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    chatty\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB/sub","Output":"    it broke\n"}
{"Action":"fail","Package":"p","Test":"TestB/sub"}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- FAIL: TestB (0.00s)\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestC","Output":"=== RUN   TestC\n"}
{"Action":"output","Package":"p","Test":"TestC","Output":"    no server\n"}
{"Action":"skip","Package":"p","Test":"TestC"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}
{"Action":"output","Package":"q","Output":"PASS\n"}
{"Action":"output","Package":"q","Output":"ok  \tq\t0.1s\n"}
{"Action":"pass","Package":"q"}
{"Action":"skip","Package":"r"}
{"Action":"output","Package":"s","Test":"TestD","Output":"=== RUN   TestD\n"}
{"Action":"output","Package":"s","Test":"TestD","Output":"panic: test timed out\n"}
{"Action":"output","Package":"s","Output":"FAIL\ts\t600s\n"}
{"Action":"fail","Package":"s"}
`
	const want = `    it broke
--- FAIL: TestB (0.00s)
    no server
FAIL	p	0.1s
ok  	q	0.1s
panic: test timed out
FAIL	s	600s
1 passed, 1 failed, 1 skipped
`
	var got strings.Builder
	failed, err := summarize(strings.NewReader(events), &got)
	if !failed || err != nil || got.String() != want {
		t.Errorf("summarize says %t, %v and\n%swant\n%s", failed, err, got.String(), want)
	}
	if failed, err := summarize(strings.NewReader(`{"Action":"pass","Package":"p","Test":"TestA"}`), &got); failed || err != nil {
		t.Errorf("without a failure: %t, %v", failed, err)
	}
}
