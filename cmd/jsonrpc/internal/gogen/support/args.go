package support

import "reflect"

// trim leaves out the params at the end that are not set. Those before them are
// sent as null.
func trim(params ...any) []any {
	for len(params) > 0 {
		v := reflect.ValueOf(params[len(params)-1])
		if v.IsValid() && !v.IsNil() {
			break
		}
		params = params[:len(params)-1]
	}
	return params
}
