// Package zh reads Mandarin text the way a hotline operator does and writes it in the symbols of
// the Kokoro-82M v1.0 model. Text goes through three steps: Normalise spells out figures, dates,
// telephone numbers and letters; words are cut and given their pinyin, which decides how characters
// with several readings sound; tone sandhi is applied and the syllables become symbols.
package zh

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

var (
	//go:embed data/pinyin_ipa.json
	ipaData []byte
	//go:embed data/kokoro_vocab.json
	vocabData []byte
	//go:embed data/lexicon.tsv
	lexiconData string
	//go:embed data/readings.tsv
	readingsData string
	//go:embed data/latin.tsv
	latinData string
)

// Version names how this package reads text. It belongs in the key of every prompt cache and changes
// whenever the same text sounds different.
const Version = "zh-2"

// Frontend is the text front end. It is safe for concurrent use.
type Frontend struct {
	lexicon *lexicon
	rules   []rule
	latin   map[string]string // Latin word in lower case or letter in upper case → symbols
	ipa     map[string]string // syllable with tone digit → symbols
	numbers map[rune]int64    // symbol → the model's number
}

// New returns a front end with the dictionaries of this package.
func New() (*Frontend, error) {
	f := &Frontend{numbers: map[rune]int64{}}
	if err := json.Unmarshal(ipaData, &f.ipa); err != nil {
		return nil, fmt.Errorf("read pinyin_ipa.json: %w", err)
	}
	var vocab map[string]int64
	if err := json.Unmarshal(vocabData, &vocab); err != nil {
		return nil, fmt.Errorf("read kokoro_vocab.json: %w", err)
	}
	for symbol, number := range vocab {
		for _, r := range symbol {
			f.numbers[r] = number
		}
	}
	var err error
	if f.lexicon, err = newLexicon(lexiconData, readingsData); err != nil {
		return nil, err
	}
	if f.latin, err = readLatin(latinData); err != nil {
		return nil, err
	}
	f.rules = f.newRules()
	return f, nil
}

// Phonemes returns the symbols the model reads for a clause: a word's syllables joined, one space
// between words, punctuation kept. What has no sound is left out.
func (f *Frontend) Phonemes(clause string) string {
	var out strings.Builder
	space := func() {
		if s := out.String(); s != "" && !strings.HasSuffix(s, " ") {
			out.WriteByte(' ')
		}
	}
	for _, p := range parts(f.Normalise(clause)) {
		switch p.kind {
		case han:
			for _, w := range f.words(p.text) {
				space()
				for _, s := range w.said {
					out.WriteString(f.ipa[s])
				}
			}
		case latin:
			space()
			out.WriteString(f.latin[p.text])
		case mark:
			out.WriteString(markSymbols[p.text])
		}
	}
	return strings.TrimSpace(out.String())
}

// markSymbols maps the marks Normalise leaves to the model's. Quotation marks have no sound.
var markSymbols = map[string]string{
	"，": ",", "、": ",", "。": ".", "！": "!", "？": "?", "；": ";", "：": ":",
}

// Tokens returns the model's numbers of its symbols. A symbol it does not know is an error.
func (f *Frontend) Tokens(phonemes string) ([]int64, error) {
	tokens := make([]int64, 0, len(phonemes))
	for _, r := range phonemes {
		n, ok := f.numbers[r]
		if !ok {
			return nil, fmt.Errorf("the model has no symbol %q", r)
		}
		tokens = append(tokens, n)
	}
	return tokens, nil
}

// words cuts a run of Han characters into words and says how each sounds in it.
func (f *Frontend) words(run string) []word {
	words := f.lexicon.cut(run)
	settle(words)
	sandhi(words)
	return words
}
