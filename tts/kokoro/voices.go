package kokoro

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline"
)

// DefaultVoice is the female voice used when a request names none; DefaultMaleVoice is its male
// counterpart. Of the Mandarin voices these two were recognised best over a telephone line.
const (
	DefaultVoice     = "zf_xiaobei"
	DefaultMaleVoice = "zm_yunjian"
)

// unclear is a voice that is hardly understood: it speaks when asked for, but is not offered.
const unclear = "zf_xiaoni"

// A voice table has one style vector for each number of tokens from 0 to maxTokens-1.
const (
	maxTokens = 510
	styleSize = 256
)

// voice is a table of style vectors, row by row.
type voice []float32

// style returns the vector for a text of n tokens.
func (v voice) style(n int) []float32 {
	row := min(n, maxTokens-1) * styleSize
	return v[row : row+styleSize]
}

// voices are the tables by name.
type voices map[string]voice

func loadVoices(dir string) (voices, error) {
	const op = "load voices"
	paths, err := filepath.Glob(filepath.Join(dir, "*.bin"))
	if err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s: %w", dir, err)
	}
	all := voices{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, hotline.Errorf(op, missingOr(err), "%w", err)
		}
		if len(raw) != maxTokens*styleSize*4 {
			return nil, hotline.Errorf(op, hotline.CodeModelMissing, "%s has %d bytes, a voice has %d; %s",
				path, len(raw), maxTokens*styleSize*4, fetchIt)
		}
		v := make(voice, maxTokens*styleSize)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		all[strings.TrimSuffix(filepath.Base(path), ".bin")] = v
	}
	if all[DefaultVoice] == nil {
		return nil, hotline.Errorf(op, hotline.CodeModelMissing, "no %s.bin in %q; %s", DefaultVoice, dir, fetchIt)
	}
	return all, nil
}

func (all voices) named(name string) (voice, error) {
	if name == "" {
		name = DefaultVoice
	}
	v, ok := all[name]
	if !ok {
		return nil, hotline.Errorf("choose voice", hotline.CodeInvalid, "no voice %q; there are %s",
			name, strings.Join(all.recommended(), ", "))
	}
	return v, nil
}

func (all voices) recommended() []string {
	var names []string
	for name := range all {
		if name != unclear {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// fetchIt tells how missing files come about.
const fetchIt = `"hotline models pull" fetches it`

// missingOr tells a file that is not there from one that cannot be read.
func missingOr(err error) hotline.Code {
	if errors.Is(err, fs.ErrNotExist) {
		return hotline.CodeModelMissing
	}
	return hotline.CodeInternal
}
