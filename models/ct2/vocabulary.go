package ct2

import (
	"encoding/json"
	"fmt"
	"io"
)

// maxVocabulary bounds the JSON text, in bytes.
const maxVocabulary = 16 << 20

// readVocabulary returns the bytes of the first count tokens.
func readVocabulary(r io.Reader, count int) ([][]byte, error) {
	var texts []string
	if err := json.NewDecoder(io.LimitReader(r, maxVocabulary)).Decode(&texts); err != nil {
		return nil, err
	}
	if len(texts) < count {
		return nil, fmt.Errorf("%d tokens, want at least %d", len(texts), count)
	}
	table := byteOfRune()
	tokens := make([][]byte, count)
	for i, text := range texts[:count] {
		for _, r := range text {
			b, known := table[r]
			if !known {
				return nil, fmt.Errorf("token %d %q: %U stands for no byte", i, text, r)
			}
			tokens[i] = append(tokens[i], b)
		}
	}
	return tokens, nil
}

// byteOfRune inverts GPT-2's way to write bytes as visible text: printable Latin-1 stands for
// itself, and the other 68 bytes are U+0100 and on, in ascending order.
func byteOfRune() map[rune]byte {
	table := make(map[rune]byte, 256)
	next := rune(0x100)
	for b := range rune(256) {
		if b >= 0x21 && b <= 0x7e || b >= 0xa1 && b != 0xad {
			table[b] = byte(b)
			continue
		}
		table[next] = byte(b)
		next++
	}
	return table
}
