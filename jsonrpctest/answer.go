package jsonrpctest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"runtime/debug"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/jsonrpc"
)

// maxAtOnce bounds how many requests of a batch run at the same time.
const maxAtOnce = 100

// answer returns the reply to a message, nil if none is due.
func (s *Server) answer(ctx context.Context, text []byte) []byte {
	if err := checkJSON(text); err != nil {
		return parseError(err)
	}
	if jsontext.Value(text).Kind() != '[' {
		return s.answerOne(ctx, text)
	}
	items := splitArray(text)
	if len(items) == 0 {
		// Clause 6: "The response … MUST be a single Response object."
		return invalid(nil, "a batch must not be empty")
	}
	replies := make([][]byte, len(items))
	var running sync.WaitGroup
	slots := make(chan struct{}, maxAtOnce)
	for i, item := range items {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			replies[i] = s.answerOne(ctx, item)
		})
	}
	running.Wait()
	return joinArray(replies)
}

// answerOne returns the response to one request, nil for a notification.
func (s *Server) answerOne(ctx context.Context, text []byte) []byte {
	r, problem := parseRequest(text)
	if problem != "" {
		return invalid(r.id, problem)
	}
	result, err := s.call(ctx, r)
	if r.id == nil {
		return nil
	}
	return response(r.id, result, err)
}

// call has the handler do its work.
func (s *Server) call(ctx context.Context, r request) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			// As net/http does it: the stack is what one needs to find it.
			log.Printf("jsonrpctest: panic in method %q: %v\n%s", r.method, p, debug.Stack())
			result, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	h := s.choose(r)
	if h == nil {
		return nil, &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: "Method not found"}
	}
	return h(ctx, r.params)
}

// response returns the response to the request with that id; nil is null.
func response(id json.RawMessage, result any, err error) []byte {
	var member string
	var value []byte
	if err == nil {
		member = "result"
		if value, err = encode(result); err != nil {
			err = fmt.Errorf("the result does not encode as JSON: %w", err)
		}
	}
	if err != nil {
		member = "error"
		value = encodeError(err)
	}
	if id == nil {
		id = json.RawMessage("null")
	}
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","%s":%s,"id":%s}`, member, value, id)
}

// encodeError returns the JSON of an error object.
func encodeError(err error) []byte {
	var e *jsonrpc.Error
	if !errors.As(err, &e) {
		e = &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: err.Error()}
	}
	value, encodeErr := encode(e)
	if encodeErr != nil {
		value, _ = encode(newError(jsonrpc.CodeInternalError, "Internal error",
			fmt.Sprintf("the data of error %d is not JSON: %v", e.Code, encodeErr)))
	}
	return value
}

// encode returns the JSON of v, without the escapes that only HTML needs.
func encode(v any) ([]byte, error) {
	if raw, ok := v.(json.RawMessage); ok && raw != nil {
		return raw, checkJSON(raw)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
