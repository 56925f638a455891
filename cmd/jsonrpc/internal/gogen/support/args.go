package support

import "reflect"

// trim leaves out the params at the end that are not set. Those before them are
// sent as null.
func trim(params ...any) []any {
	for len(params) > 0 {
		switch v := reflect.ValueOf(params[len(params)-1]); v.Kind() {
		case reflect.Invalid:
		case reflect.Pointer, reflect.Slice, reflect.Map:
			if !v.IsNil() {
				return params
			}
		default: // of a param of any type
			return params
		}
		params = params[:len(params)-1]
	}
	return params
}
