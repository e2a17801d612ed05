package call

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/nlu"
)

// detectorWindow is what a Detector judges at a time, in samples.
const detectorWindow = 512

// maxRecognitions is how many outcomes may wait; a cancelled recognition gives one too.
const maxRecognitions = 16

// meantVoice is how much voice makes an utterance something the caller wants an answer to, even
// when its words could not be had.
const meantVoice = 400 * time.Millisecond

// gruntLength is the most characters a recogniser makes of a sound of listening (哇 of 哦, 爱你 of 嗯).
// So few over our own speech are a turn only when the dialog knows them for an answer or a command.
const gruntLength = 2

// recognition is the outcome of one decode order.
type recognition struct {
	job   int
	words Words
	err   error
	at    time.Time
}

// carryOut does what the floor asks for.
func (c *Conversation) carryOut(orders []order) {
	for _, o := range orders {
		switch o.what {
		case orderDecode:
			c.recognise(o)
		case orderCancel:
			c.forgetDecode()
		case orderCommit:
			c.commit(o)
		case orderDiscard:
			c.discard(o)
		case orderUnheard:
			c.unheard(o)
		case orderHold:
			c.mouth.hold()
		case orderRelease:
			c.mouth.release()
		case orderYield:
			c.drop(true)
		case orderSilence:
			c.append(hotline.Silent{})
			c.step(dialog.Silence{})
		case orderFiller:
			if c.way.Writer() == handoff.BotWriter { // else nobody waits for us
				c.append(hotline.Degraded{Stage: "asr", Reason: "slow"})
				c.fill()
			}
		}
	}
}

// recognise starts a recognition; one before it is of no use any more.
func (c *Conversation) recognise(o order) {
	c.forgetDecode()
	ctx, cancel := context.WithCancel(c.ctx)
	c.decode = cancel
	speech := Speech{
		PCM:         c.tape.cut(o.from-c.cfg.Tuning.PreRoll, o.to),
		Hotwords:    c.hotwords,
		Speculative: o.partial, // after a pause it most likely is the turn
	}
	c.tasks.Go(func() {
		words, err := c.cfg.Recognizer.Recognize(ctx, speech)
		if ctx.Err() != nil {
			return
		}
		select {
		case c.results <- recognition{o.job, words, err, c.cfg.Clock.Now()}:
		case <-ctx.Done():
		}
	})
}

func (c *Conversation) forgetDecode() {
	if c.decode != nil {
		c.decode()
		c.decode = nil
	}
}

// recognised hands the words' meaning to the floor.
func (c *Conversation) recognised(r recognition) {
	if r.err != nil {
		if errors.Is(r.err, context.Canceled) {
			return
		}
		c.append(hotline.Degraded{Stage: "asr", Reason: string(hotline.CodeOf(r.err))})
		c.cfg.Logger.Warn("recognition failed", "error", r.err)
	}
	c.heard = r
	c.carryOut(c.floor.recognised(r.job, c.judge(r)))
}

// judge tells the floor what it has to know of the words.
func (c *Conversation) judge(r recognition) verdict {
	if r.err != nil {
		return verdict{failed: true}
	}
	text := r.words.Text
	clean := nlu.Clean(text)
	if clean == "" {
		reason := r.words.Rejected
		if reason == "" {
			reason = "empty"
		}
		return verdict{empty: true, reason: reason}
	}
	patience := c.cfg.Engine.Patience(c.state, text)
	short := utf8.RuneCountInString(clean) <= gruntLength
	return verdict{
		patience:    patience,
		backchannel: nlu.Backchannel(text) || short && patience != dialog.PatienceShort,
		echo:        c.repeatsUs(text),
		same:        clean == nlu.Clean(c.lastText),
	}
}

// commit takes the utterance as the caller's turn.
func (c *Conversation) commit(o order) {
	c.drop(false)
	turn := c.note(o, "")
	c.turn++
	turn.Turn = c.turn
	filed := c.filed
	c.filed = nil
	if o.joined {
		turn.Replaces = c.turn - 1
		c.replaced[turn.Replaces] = true
		c.state = c.before
	}
	c.append(turn)
	c.lastText, c.before = turn.Text, c.state
	c.begin(o)
	c.step(dialog.Heard{Text: turn.Text, Confidence: turn.Confidence, At: c.cfg.Clock.Now()})
	if o.joined {
		c.takeBack(turn.Replaces, filed)
	}
}

// discard writes the utterance down as no turn. A caller who clearly spoke while we were listening
// is told that nothing was understood.
func (c *Conversation) discard(o order) {
	c.append(c.note(o, o.reason))
	if o.over || o.joined || o.voiced < meantVoice || c.closing != "" || o.reason == "backchannel" {
		return
	}
	c.append(hotline.Unheard{})
	c.step(dialog.Unheard{})
}

// unheard tells the dialog that a turn's words could not be had.
func (c *Conversation) unheard(o order) {
	c.drop(false)
	c.heard.words = Words{}
	c.append(c.note(o, o.reason))
	c.append(hotline.Unheard{Failed: true})
	c.step(dialog.Unheard{Failed: true})
}

// note writes an utterance as the log has it.
func (c *Conversation) note(o order, rejected string) hotline.Heard {
	w := c.heard.words
	h := hotline.Heard{
		Text: w.Text, Confidence: w.Confidence, LogProb: w.LogProb,
		SpeechMS: int((o.to - o.from).Milliseconds()), OverPrompt: o.over, Rejected: rejected,
	}
	if w.Raw != w.Text {
		h.Raw = w.Raw
	}
	return h
}

// Words that repeat what we were saying at that moment are our own voice come back, unless they
// ask for something: "人工" said right after our "请说人工" must not be lost.
func (c *Conversation) repeatsUs(text string) bool {
	if !c.floor.over || nlu.ActOf(text) != nlu.ActNone {
		return false
	}
	said := c.saying()
	words := nlu.Syllables(text)
	if len(words) < 2 {
		return false
	}
	pairs := map[[2]string]bool{}
	for i := 1; i < len(said); i++ {
		pairs[[2]string{said[i-1], said[i]}] = true
	}
	found := 0
	for i := 1; i < len(words); i++ {
		if pairs[[2]string{words[i-1], words[i]}] {
			found++
		}
	}
	return found*4 >= (len(words)-1)*3
}

// saying returns the syllables that were heard of us around now: some before the present place in
// the prompt, for sound takes time to come back, and few after it.
func (c *Conversation) saying() []string {
	const before, after = 10, 3
	s := c.mouth.status()
	p := c.prompts[s.id]
	if p == nil {
		return nil
	}
	const syllableLength = 220 * time.Millisecond
	all := nlu.Syllables(p.Text)
	at := min(int(s.position/syllableLength), len(all))
	if s.length > 0 {
		at = int(int64(len(all)) * int64(s.position) / int64(s.length))
	}
	return all[max(0, at-before):min(len(all), at+after)]
}
