package asr

import (
	"math"
	"strings"
	"time"
	"unicode"
)

// MaxAudio is the longest utterance a recogniser takes.
const MaxAudio = 30 * time.Second

// What Result.Rejected may say.
const (
	RejectedEmpty      = "empty"        // nothing was heard
	RejectedRepetition = "repetition"   // the engine fell into a loop
	RejectedPhantom    = "phantom"      // a phrase of its training data, not of the caller
	RejectedEcho       = "echo"         // the hotword prompt came back
	RejectedLowLogProb = "low_log_prob" // the engine was guessing
	RejectedTooFast    = "too_fast"     // more characters than anybody speaks in that time
	RejectedForeign    = "foreign"      // not the language that was asked for
)

// Heard is what an engine made of an utterance, before anybody believes it.
type Heard struct {
	Text     string
	LogProb  float64 // mean token log-probability; 0 when the engine gives none
	NoSpeech float64 // probability that nobody spoke; 0 when the engine gives none
	Audio    time.Duration
	Language string // that was asked for
	Prompt   string // hotwords as they were given to the engine
}

// Verdict is what the guards leave of it.
type Verdict struct {
	// Text is in simplified script; "" when the utterance is not to be believed.
	Text string
	// Rejected names the guard that dropped the text, or cut it when Text is left; "" for none.
	Rejected string
	// Retry says that another decode, in a larger context, may well do better.
	Retry bool
}

// Guard folds what was heard to simplified script and judges it.
func Guard(h Heard) Verdict {
	text := Simplify(strings.TrimSpace(strings.ToValidUTF8(h.Text, "")))
	chars := spoken(text)
	if len(chars) == 0 {
		return Verdict{Rejected: RejectedEmpty}
	}
	if kept, looped := cutLoop(text); looped {
		// A loop at the very beginning leaves nothing to trust; one after a sentence is cut off.
		v := Verdict{Text: kept, Rejected: RejectedRepetition, Retry: true}
		if kept != "" && (isPhantom(kept, h.LogProb) || isEcho(kept, h.Prompt)) {
			v.Text = ""
		}
		return v
	}
	if compression(chars) > maxCompression {
		return Verdict{Rejected: RejectedRepetition, Retry: true}
	}
	if isPhantom(text, h.LogProb) {
		return Verdict{Rejected: RejectedPhantom}
	}
	if isEcho(text, h.Prompt) {
		return Verdict{Rejected: RejectedEcho, Retry: true}
	}
	if tooFast(len(chars), h.Audio) {
		return Verdict{Rejected: RejectedTooFast, Retry: true}
	}
	if isForeign(text, h.Language, h.LogProb) {
		return Verdict{Rejected: RejectedForeign}
	}
	if h.NoSpeech > 0.6 && h.LogProb < -1 { // the rule of the original Whisper
		return Verdict{Rejected: RejectedLowLogProb}
	}
	if h.LogProb < minLogProb(len(chars)) {
		return Verdict{Rejected: RejectedLowLogProb, Retry: len(chars) > fewCharacters}
	}
	if kept, cut := cutCredits(text); cut {
		return Verdict{Text: kept, Rejected: RejectedPhantom}
	}
	return Verdict{Text: text, Retry: tooSlow(chars, h.Audio)}
}

// Confidence is how far a result may be trusted, 0…1: the geometric mean of its tokens'
// probabilities, halved when a guard had to repair it and 0 when one dropped it.
func Confidence(v Verdict, logProb float64) float64 {
	if v.Text == "" {
		return 0
	}
	c := math.Exp(min(logProb, 0))
	if v.Rejected != "" {
		c /= 2
	}
	return c
}

// fewCharacters is the length up to which an utterance counts as an isolated word or two. A word
// without a sentence around it is recognised with less certainty, right or wrong.
const fewCharacters = 4

// minLogProb is the least mean token log-probability of something really said. With whisper base
// everything invented for silence, noise and key tones was at most -2.3; sentences were at
// least -1.0 and words in noise at least -1.6.
func minLogProb(characters int) float64 {
	if characters <= fewCharacters {
		return -1.9
	}
	return -1.1
}

// tooFast tells whether nobody could have said that much: fast Mandarin has seven or eight
// syllables a second. Voice detection may have cut a little off both ends.
func tooFast(characters int, audio time.Duration) bool {
	return audio > 0 && float64(characters) > 10*audio.Seconds()+4
}

// tooSlow tells whether so little was heard in a long utterance that the engine may have ended early: slow
// Mandarin has three syllables a second. Numbers are dictated with pauses and do not count.
func tooSlow(chars []rune, audio time.Duration) bool {
	digits := 0
	for _, c := range chars {
		if unicode.IsNumber(c) || strings.ContainsRune("零一二三四五六七八九幺两", c) {
			digits++
		}
	}
	return audio > longUtterance && float64(len(chars)) < 2.5*audio.Seconds() && 2*digits < len(chars)
}

// longUtterance is the length up to which few characters are nothing strange.
const longUtterance = 6 * time.Second

// spoken returns the letters and digits of a text, lower case, without spaces and punctuation.
func spoken(text string) []rune {
	var out []rune
	for _, c := range text {
		if isSpoken(c) {
			out = append(out, unicode.ToLower(c))
		}
	}
	return out
}

// isSpoken tells letters and digits from spaces and punctuation. 〇 is no letter but a number.
func isSpoken(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) }
