package jsonrpc

import "math/bits"

// A Deviation is a way in which a reply is not what JSON-RPC 2.0 says. With
// validation on, the first one found ends the call in a [ValidationError]. With
// validation off, those that are [Deviation.Tolerable] are understood, and told
// to the function given to [WithDeviations].
type Deviation uint8

// The deviations of a single response.
const (
	DeviationNoVersion   Deviation = iota // no jsonrpc member
	DeviationVersion                      // a jsonrpc member that is not "2.0"
	DeviationBoth                         // result and error, one of them null
	DeviationNeither                      // neither result nor error
	DeviationErrorType                    // an error that is not an object
	DeviationCode                         // an error without a code that is an integer
	DeviationMessage                      // an error without a message that is a string
	DeviationNoID                         // no id member
	DeviationNullID                       // a result with id null
	DeviationIDForm                       // id "1" or 1.0 for 1
	DeviationArray                        // an array of one response to a single request
	DeviationSingle                       // one response to a batch, other than an error with id null
	DeviationByteOrder                    // a byte order mark before the JSON
	DeviationAnswered                     // a response to a notification
	DeviationNotResponse                  // not a response at all
	DeviationID                           // an id that is not the request's
	DeviationIDType                       // an id that is neither string, integer nor null
	DeviationResultError                  // result and error, neither of them null
	DeviationDuplicate                    // a member of the envelope given twice
	DeviationTwice                        // two responses to one request of a batch
	DeviationUnknown                      // a response to no request of the batch
	DeviationArrayLength                  // an array that is not of one response, to a single request
	DeviationEmptyArray                   // an array of no responses, to a batch
	numDeviations
)

var deviations = [numDeviations]struct {
	text      string
	tolerable bool
}{
	DeviationNoVersion:   {`clause 5: the member "jsonrpc" is missing`, true},
	DeviationVersion:     {`clause 5: the member "jsonrpc" is not "2.0"`, true},
	DeviationBoth:        {`clause 5: "result" and "error" are both there, one of them null`, true},
	DeviationNeither:     {`clause 5: neither "result" nor "error" is there`, true},
	DeviationErrorType:   {`clause 5.1: "error" is not an object`, true},
	DeviationCode:        {`clause 5.1: the error's "code" is not an integer`, true},
	DeviationMessage:     {`clause 5.1: the error's "message" is not a string`, true},
	DeviationNoID:        {`clause 5: the member "id" is missing`, true},
	DeviationNullID:      {`clause 5: "id" is null though there is a result`, true},
	DeviationIDForm:      {`clause 5: "id" is the request's in another form`, true},
	DeviationArray:       {`clause 6: an array answers a request that was no batch`, true},
	DeviationSingle:      {`clause 6: one response answers a batch`, true},
	DeviationByteOrder:   {`RFC 8259, 8.1: a byte order mark stands before the JSON`, true},
	DeviationAnswered:    {`clause 4.1: a notification was answered`, true},
	DeviationNotResponse: {`clause 5: it is not a response object`, false},
	DeviationID:          {`clause 5: "id" is not the request's`, false},
	DeviationIDType:      {`clause 5: "id" is neither a string, an integer nor null`, false},
	DeviationResultError: {`clause 5: both "result" and "error" are there`, true},
	DeviationDuplicate:   {`a member of the envelope is there twice`, false},
	DeviationTwice:       {`clause 6: a request of the batch is answered twice`, false},
	DeviationUnknown:     {`clause 6: an answer in the batch answers none of its requests`, false},
	DeviationArrayLength: {`clause 6: an array answers a request that was no batch`, false},
	DeviationEmptyArray:  {`clause 6: an empty array answers a batch`, true},
}

// String names the clause of the specification and what is wrong.
func (d Deviation) String() string {
	if d >= numDeviations {
		return "unknown deviation"
	}
	return deviations[d].text
}

// Tolerable reports whether a reply with this deviation is understood when
// validation is off. The others could be forged, or mean two things.
func (d Deviation) Tolerable() bool { return d < numDeviations && deviations[d].tolerable }

// deviationSet is a set of deviations.
type deviationSet uint32

func (s *deviationSet) add(d Deviation)     { *s |= 1 << d }
func (s deviationSet) has(d Deviation) bool { return s>>d&1 == 1 }

// refused returns the deviation for which a reply is refused: the first that
// never is tolerated or else, if validate, the first.
func (s deviationSet) refused(validate bool) (d Deviation, found bool) {
	if never := s &^ tolerable; never != 0 || !validate {
		s = never
	}
	return Deviation(bits.TrailingZeros32(uint32(s))), s != 0
}

var tolerable = func() (s deviationSet) {
	for d := range numDeviations {
		if d.Tolerable() {
			s.add(d)
		}
	}
	return s
}()

// ordinary1 are deviations from version 2.0 that are as version 1.0 has it.
const ordinary1 deviationSet = 1<<DeviationNoVersion | 1<<DeviationBoth | 1<<DeviationErrorType |
	1<<DeviationCode | 1<<DeviationMessage
