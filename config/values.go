package config

import (
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Secret is a text that is never printed. Its value is string(s).
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString hides the secret too.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText hides the secret from YAML and JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the secret from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

var variable = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

// maxSecret is the longest file of a secret, in bytes.
const maxSecret = 64 << 10

// resolve fetches the secret from where its text says it is. Errors do not hold the secret.
func (s Secret) resolve(dir string) (Secret, error) {
	text := string(s)
	if name := variable.FindStringSubmatch(text); name != nil {
		value := os.Getenv(name[1])
		if value == "" {
			return "", fmt.Errorf("environment variable %s is not set", name[1])
		}
		return Secret(value), nil
	}
	path, isFile := strings.CutPrefix(text, "file:")
	if !isFile {
		return s, nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if stat, err := os.Stat(path); err == nil && stat.Size() > maxSecret {
		return "", fmt.Errorf("%s has %d bytes, at most %d", path, stat.Size(), maxSecret)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(content), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", fmt.Errorf("%s begins with an empty line", path)
	}
	return Secret(line), nil
}

// Bytes is a size, written with a unit: 512KiB, 64MiB, 3GiB, 1TiB.
type Bytes int64

var units = []struct {
	name  string
	bytes Bytes
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

func (b Bytes) String() string {
	for _, u := range units {
		if b >= u.bytes && b%u.bytes == 0 {
			return strconv.FormatInt(int64(b/u.bytes), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// MarshalText writes the size with its unit.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads a size with or without a unit.
func (b *Bytes) UnmarshalText(text []byte) error {
	number, unit := string(text), Bytes(1)
	for _, u := range units {
		if n, found := strings.CutSuffix(number, u.name); found {
			number, unit = strings.TrimSpace(n), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/int64(unit) {
		return fmt.Errorf("%q is no size such as 64MiB", text)
	}
	*b = Bytes(n) * unit
	return nil
}
