package call

import (
	"bytes"
	"embed"
	"fmt"
	"strings"

	"github.com/hotline-cc/hotline/media/resample"
	"github.com/hotline-cc/hotline/media/wav"
)

// fallbacks are sentences rendered beforehand and part of the program, for when a prompt is neither
// cached nor can be synthesised: nobody must ever hear nothing. They are rendered by hotline say, at 8 kHz.
//
//go:embed fallback/*.wav
var fallbacks embed.FS

// hasFallback tells whether there is a sentence that says the same as a prompt.
func hasFallback(promptID string) bool {
	switch kind, _, _ := strings.Cut(promptID, "."); kind {
	case "greeting", "handover", "goodbye", "filler", "brief":
		return true
	}
	return false
}

// fallbackFor returns the sentence that may stand for a prompt, at a rate in Hz.
func fallbackFor(promptID string, rate int) ([]int16, error) {
	name := "fault"
	if hasFallback(promptID) {
		name, _, _ = strings.Cut(promptID, ".")
	}
	data, err := fallbacks.ReadFile("fallback/" + name + ".wav")
	if err != nil {
		return nil, fmt.Errorf("fall-back %s: %w", name, err)
	}
	pcm, format, err := wav.Read(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("fall-back %s: %w", name, err)
	}
	convert, err := resample.New(format.Rate, rate)
	if err != nil {
		return nil, fmt.Errorf("fall-back %s: %w", name, err)
	}
	return convert.Process(nil, pcm), nil
}
