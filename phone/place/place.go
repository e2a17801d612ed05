// Package place tells where a Chinese telephone number is from (归属地): landlines by area code, mobile
// numbers by the beginnings that are known. Built in are the area codes and the carrier of each kind of
// mobile number; where a mobile number is from needs a table of 7-digit beginnings, which operators get
// from their carrier.
package place

import (
	"bytes"
	_ "embed" // for the built-in table
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Place is where a number is from. One that was ported keeps its beginning: Carrier is who gave it out.
type Place struct {
	Area    string // 江苏 南京; cities that share an area code are all named
	Carrier string // 移动, 联通, 电信, 广电 or 虚拟
}

// String is as people read it: 江苏 南京 · 移动. "" when nothing is known.
func (p Place) String() string {
	if p.Area != "" && p.Carrier != "" {
		return p.Area + " · " + p.Carrier
	}
	return p.Area + p.Carrier
}

// Table finds the place of numbers by their beginning. It never changes, so many may use it. A nil
// table knows nothing.
type Table struct {
	rows   map[uint64]uint32 // index in places by key of the prefix
	places []Place
}

//go:embed numbers.csv
var builtIn []byte

// Open returns the built-in table with the rows of a file over it; "" is no file.
func Open(path string) (*Table, error) {
	t := &Table{rows: map[uint64]uint32{}}
	if err := t.read(bytes.NewReader(builtIn)); err != nil {
		return nil, err
	}
	if path == "" {
		return t, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read places of numbers: %w", err)
	}
	defer func() { _ = f.Close() }()
	if err := t.read(f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// Bounds of a table: every 7-digit beginning there is, and some.
const (
	longest  = 11 // digits of a prefix
	mostRows = 2_000_000
)

// read takes CSV with the columns prefix, place and carrier, named in the first line.
func (t *Table) read(r io.Reader) error {
	in := csv.NewReader(r)
	in.FieldsPerRecord, in.ReuseRecord = 3, true
	known := map[Place]uint32{}
	for line := 0; ; line++ {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("places of numbers: %w", err)
		}
		prefix := strings.TrimPrefix(fields[0], "\ufeff") // spreadsheets begin a file with it
		if line == 0 {
			if prefix != "prefix" || fields[1] != "place" || fields[2] != "carrier" {
				return fmt.Errorf("places of numbers: the first line is not prefix,place,carrier")
			}
			continue
		}
		key, err := keyOf(prefix)
		switch {
		case err != nil:
			return fmt.Errorf("places of numbers, row %d: %w", line, err)
		case len(t.rows) >= mostRows:
			return fmt.Errorf("places of numbers: more than %d rows", mostRows)
		}
		p := Place{fields[1], fields[2]}
		i, ok := known[p]
		if !ok {
			p = Place{strings.Clone(p.Area), strings.Clone(p.Carrier)} // the row they came in is let go
			i = uint32(len(t.places))
			t.places, known[p] = append(t.places, p), i
		}
		t.rows[key] = i
	}
}

// keyOf is a prefix as a number, with a 1 before it so that leading zeros count.
func keyOf(prefix string) (uint64, error) {
	if prefix == "" || len(prefix) > longest {
		return 0, fmt.Errorf("prefix %q has %d digits, want 1…%d", prefix, len(prefix), longest)
	}
	key, err := strconv.ParseUint("1"+prefix, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("prefix %q is not of digits", prefix)
	}
	return key, nil
}

// Of returns where a number is from, by the longest prefix that tells, for area and carrier each.
func (t *Table) Of(number string) (p Place) {
	national := National(number)
	if t == nil || national == "" {
		return p
	}
	for n := min(len(national), longest); n > 0; n-- {
		key, err := keyOf(national[:n])
		if err != nil {
			return Place{}
		}
		if i, ok := t.rows[key]; ok {
			row := t.places[i]
			if p.Area == "" {
				p.Area = row.Area
			}
			if p.Carrier == "" {
				p.Carrier = row.Carrier
			}
		}
	}
	return p
}

var punctuation = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "")

// National returns a Chinese number as it is dialled within the country: 13800138000, 01088886666. "" is for
// what is none: short numbers, those without an area code, foreign ones.
func National(number string) string {
	n := punctuation.Replace(number)
	abroad := false
	for _, country := range []string{"+86", "0086"} {
		if rest, ok := strings.CutPrefix(n, country); ok {
			n, abroad = rest, true
			break
		}
	}
	switch {
	case strings.Trim(n, "0123456789") != "":
		return ""
	case mobile(n):
		return n
	case strings.HasPrefix(n, "0") && mobile(n[1:]): // dialled as a call to another city
		return n[1:]
	case abroad && !strings.HasPrefix(n, "0"):
		n = "0" + n
	}
	if len(n) < 10 || len(n) > 12 || n[0] != '0' || n[1] == '0' {
		return ""
	}
	return n
}

func mobile(n string) bool { return len(n) == 11 && n[0] == '1' && n[1] >= '3' }
