package jsonrpc_test

import "example.com/jsonrpc"

// judgeBatch matches responses with requests: first those with an id, then, if
// one response without and one request are left, these.
func judgeBatch(due []sent, responses []string, validate bool) (v verdicts) {
	v.items = make([]verdict, len(due))
	if len(responses) == 0 {
		v.whole.refused = []jsonrpc.Deviation{jsonrpc.DeviationEmptyArray}
		if !validate {
			v.whole, v.items = verdict{}, nil
		}
	}
	taken := make([]bool, len(due))
	var nameless []*judgement
	refuse := func(d []jsonrpc.Deviation) { v.whole.refused = append(v.whole.refused, d...) }
	give := func(i int, j *judgement) {
		taken[i] = true
		v.items[i] = j.answers(due[i]).final(validate)
		refuse(v.items[i].refused)
	}
next:
	for _, text := range responses {
		j := judgeResponse(text)
		if j.id == "" || j.id == "null" {
			nameless = append(nameless, j)
			continue
		}
		again := -1
		for i := range due {
			if same, _ := sameID(due[i].id, j.id); !same {
				continue
			}
			if !taken[i] {
				give(i, j)
				continue next
			}
			again = i
		}
		d := jsonrpc.DeviationUnknown
		if again >= 0 {
			d = jsonrpc.DeviationTwice
			v.items[again] = verdict{refused: []jsonrpc.Deviation{d}}
		} else {
			v.strays++
		}
		refuse([]jsonrpc.Deviation{d})
	}
	left := 0
	for i := range due {
		if !taken[i] {
			left++
		}
	}
	for i := range due {
		switch {
		case taken[i]:
		case left == 1 && len(nameless) == 1 && len(nameless[0].refused) == 0:
			give(i, nameless[0])
			nameless = nil
		default:
			v.items[i].nothing = true
		}
	}
	if v.strays += len(nameless); len(nameless) > 0 {
		refuse([]jsonrpc.Deviation{jsonrpc.DeviationUnknown, jsonrpc.DeviationNotResponse})
	}
	if !validate {
		v.whole = verdict{}
	}
	return v
}

// judgeOneForAll judges one object that answers a whole batch: an error is that
// of every request, a result that of the one it names.
func judgeOneForAll(due []sent, text string, validate bool) verdicts {
	j := judgeResponse(text)
	nameless := j.id == "" || j.id == "null"
	whose := -1
	for i := range due {
		if same, _ := sameID(due[i].id, j.id); same && whose < 0 {
			whose = i
		}
	}
	switch {
	case nameless && j.verdict.says == nil:
		j.refuse(jsonrpc.DeviationNotResponse)
	case j.id == "":
		j.note(jsonrpc.DeviationNoID)
	case !nameless && whose < 0:
		j.refuse(jsonrpc.DeviationID)
	}
	if !nameless || j.verdict.says == nil {
		j.note(jsonrpc.DeviationSingle)
	}
	v := verdicts{whole: j.final(validate), items: make([]verdict, len(due))}
	for i := range due {
		switch {
		case v.whole.result == "":
			v.items[i] = v.whole
		case i == whose:
			v.items[i].result = v.whole.result
		default:
			v.items[i].nothing = true
		}
	}
	v.whole.result = ""
	return v
}
