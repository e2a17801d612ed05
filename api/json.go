package api

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// errNull says that a value is missing where the description allows none to be.
var errNull = errors.New("null 不是有效的值，请省略该字段 leave a field out instead of null")

// strictJSON reads requests as the description says, where the defaults differ: null is no value of
// anything, and 3.0 is an integer.
func strictJSON() huma.Format {
	return huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
}

func unmarshal(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	if any, untyped := v.(*any); untyped {
		if err == nil && hasNull(*any) {
			err = errNull
		}
		return err
	}
	var mismatch *json.UnmarshalTypeError
	if !errors.As(err, &mismatch) || !strings.HasPrefix(mismatch.Value, "number") {
		return err
	}
	// Numbers are written anew in their shortest form.
	var loose any
	if json.Unmarshal(data, &loose) != nil {
		return err
	}
	short, failed := json.Marshal(loose)
	if failed != nil {
		return err
	}
	return json.Unmarshal(short, v)
}

func hasNull(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		for _, item := range v {
			if hasNull(item) {
				return true
			}
		}
	case map[string]any:
		for _, item := range v {
			if hasNull(item) {
				return true
			}
		}
	}
	return false
}
