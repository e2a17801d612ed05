package place

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlacesOfNumbers(t *testing.T) {
	own := filepath.Join(t.TempDir(), "numbers.csv")
	if err := os.WriteFile(own, []byte("\ufeffprefix,place,carrier\n1391234,江苏 南京,\n13912345,江苏 无锡,广电\n0555,云州 青石,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	plain, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	more, err := Open(own)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ number, plain, more string }{
		{"01088886666", "北京", "北京"},
		{"+861088886666", "北京", "北京"},
		{"+86 (0)10-88886666", "北京", "北京"},
		{"008657188886666", "浙江 杭州", "浙江 杭州"},
		{"0558-6666666", "安徽 阜阳、亳州", "安徽 阜阳、亳州"},
		{"05556666666", "安徽 马鞍山", "云州 青石"},
		{"13912399999", "移动", "移动"},
		{"13912349999", "移动", "江苏 南京 · 移动"},
		{"+8613912349999", "移动", "江苏 南京 · 移动"},
		{"0086139123459990", "", ""}, // a digit too many
		{"0086 139 1234 5999", "移动", "江苏 无锡 · 广电"},
		{"013912349999", "移动", "江苏 南京 · 移动"},
		{"13491234567", "电信", "电信"},
		{"13401234567", "移动", "移动"},
		{"17012345678", "虚拟", "虚拟"},
		{"19212345678", "广电", "广电"},
		{"110", "", ""},
		{"1391", "", ""}, // an extension
		{"88886666", "", ""},
		{"+14155550100", "", ""},
		{"0014155550100", "", ""},
		{"139****9999", "", ""},
		{"anonymous", "", ""},
		{"", "", ""},
	} {
		if got := plain.Of(c.number).String(); got != c.plain {
			t.Errorf("%s is from %q, want %q", c.number, got, c.plain)
		}
		if got := more.Of(c.number).String(); got != c.more {
			t.Errorf("%s with a file is from %q, want %q", c.number, got, c.more)
		}
	}
	if got := (*Table)(nil).Of("01088886666"); got != (Place{}) {
		t.Errorf("no table says %v", got)
	}
}

func TestTheBuiltInTableNamesEveryAreaOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(string(builtIn)), "\n")[1:] {
		prefix, rest, _ := strings.Cut(line, ",")
		if seen[prefix] {
			t.Errorf("%s is there twice", prefix)
		}
		seen[prefix] = true
		area, carrier, _ := strings.Cut(rest, ",")
		if landline := prefix[0] == '0'; landline != (area != "") || landline == (carrier != "") {
			t.Errorf("%q: a landline has a place, a mobile number a carrier", line)
		}
	}
}

func TestWrongTablesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"no header":    {"010,北京,\n", "first line"},
		"letters":      {"prefix,place,carrier\n01x,北京,\n", "row 1"},
		"no prefix":    {"prefix,place,carrier\n010,北京,\n,上海,\n", "row 2"},
		"long prefix":  {"prefix,place,carrier\n013912345678,北京,\n", "12 digits"},
		"a column off": {"prefix,place,carrier\n010,北京\n", "wrong number of fields"},
	} {
		path := filepath.Join(t.TempDir(), "numbers.csv")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.csv")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
