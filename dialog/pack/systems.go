package pack

import (
	"fmt"
	"io"

	"gopkg.in/yaml.v3"

	"github.com/hotline-cc/hotline"
)

// Systems are tables that are looked up in: for what is a list and not a service, for trials, and
// for tests.
type Systems map[string][]Row

// Row is one line of a table.
type Row struct {
	Match  map[string]string `yaml:"match"`  // input values, all of which must be equal
	Result map[string]any    `yaml:"result"` //
}

const maxSystems = 4 << 20

// ReadSystems reads tables by name. name is that of the file, for messages.
func ReadSystems(name string, r io.Reader) (Systems, error) {
	const op = "read systems"
	data, err := io.ReadAll(io.LimitReader(r, maxSystems+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if len(data) > maxSystems {
		return nil, hotline.Errorf(op, hotline.CodeTooLarge, "%s: 超过 4 MiB larger than 4 MiB", name)
	}
	var s Systems
	if err := yaml.Unmarshal(data, &s); err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s: %w", name, err)
	}
	return s, nil
}

// LookUp finds the first row that an input matches. A table that is not there is a failure; a row
// that is not there is an empty result.
func (s Systems) LookUp(system string, input map[string]any) (result map[string]any, failed string) {
	rows, ok := s[system]
	if !ok {
		return nil, "没有这个系统 no system " + system
	}
	for _, row := range rows {
		if row.fits(input) {
			return row.Result, ""
		}
	}
	return map[string]any{}, ""
}

func (r Row) fits(input map[string]any) bool {
	for name, want := range r.Match {
		if fmt.Sprint(input[name]) != want {
			return false
		}
	}
	return true
}
