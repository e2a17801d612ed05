package call

import (
	"time"

	"github.com/hotline-cc/hotline/dialog"
)

// floor decides whose turn it is. It is a pure state machine on stream time: voice windows and
// recognitions go in, orders come out. Voice is noticed here, meaning is judged by whoever has the
// words and handed in as a verdict, so an interruption stays reversible until its words are known:
//
//	voice over our prompt → hold → words: back-channel, echo or noise → release (we go on)
//	                             → words: a turn, or it goes on and on  → yield (we fall silent)
type floor struct {
	tuning Tuning
	now    time.Duration // end of the last window
	phase  phase

	run      int           // voiced windows in a row before an onset or a resumption
	runStart time.Duration // begin of that run
	start    time.Duration // first voiced sample of the utterance
	last     time.Duration // end of its last voiced window
	voiced   time.Duration // voice it holds
	joined   bool          // it continues the turn before it
	over     bool          // it began while we were speaking

	asked    bool     // a recognition of the utterance so far is under way or done
	job      int      // its number; older numbers are stale
	partial  bool     // it was asked for while the caller still speaks
	verdict  *verdict // its outcome
	filled   bool     // the filler was said
	lookedAt bool     // the words of a long interruption were asked for

	held   bool          // our speech is held because of the utterance
	heldAt time.Duration // since when

	talking   bool          // our side is speaking
	protected bool          // what we say must not be stopped
	remaining time.Duration // what we have still to say
	heard     time.Duration // what was heard of our answer to the last turn

	listening  bool          // the dialog waits for the caller
	noInput    time.Duration // how long
	quietSince time.Duration

	turnStart, turnLast time.Duration // of the last committed turn
	joinable            bool          // it can still be taken back

	orders []order
}

type phase int

const (
	quiet    phase = iota
	voicing        // the caller speaks
	trailing       // the caller has paused
)

// windowLength is what one voice probability stands for: 512 samples at 16 kHz.
const windowLength = 32 * time.Millisecond

// verdict is what the words of an utterance turned out to be.
type verdict struct {
	patience    dialog.Patience
	empty       bool   // no words, or words a guard refused
	reason      string // why empty
	backchannel bool
	echo        bool // our own prompt coming back
	same        bool // nothing was added to the turn that it continues
	failed      bool // the recogniser broke
}

// order is something the floor wants done.
type order struct {
	what     what
	job      int
	partial  bool          // of a decode: the caller still speaks
	from, to time.Duration // of the utterance, pre-roll not included
	voiced   time.Duration
	joined   bool   // the turn replaces the one before it
	over     bool   // it began while we were speaking
	reason   string // of a discard
}

type what int

const (
	orderDecode  what = iota // recognise from…to; more speech makes it useless
	orderCancel              // the recognition under way is of no use
	orderCommit              // the turn is over; its words are those of job
	orderDiscard             // the utterance was no turn
	orderUnheard             // the utterance was a turn and its words could not be had
	orderHold                // pause our speech
	orderRelease             // go on speaking
	orderYield               // drop what we were saying
	orderSilence             // nothing was said for as long as the dialog allows
	orderFiller              // say that we are still here
)

// window takes the voice probability of the 32 ms that end at end.
func (f *floor) window(prob float64, end time.Duration) []order {
	f.now = end
	f.orders = f.orders[:0]
	switch f.phase {
	case quiet:
		f.onset(prob)
	case voicing:
		f.voicing(prob)
	case trailing:
		f.trailing(prob)
	}
	return f.orders
}

// onset waits for enough unbroken voice.
func (f *floor) onset(prob float64) {
	if prob < f.tuning.VoiceOn {
		f.run = 0
		if f.listening && !f.talking && !f.held && f.now-f.quietSince >= f.noInput {
			f.listening = false
			f.give(order{what: orderSilence})
		}
		return
	}
	if f.run++; f.run == 1 {
		f.runStart = f.now - windowLength
	}
	need := f.tuning.Onset
	if f.talking {
		need = f.tuning.BargeOnset
	}
	if time.Duration(f.run)*windowLength < need {
		return
	}
	f.phase, f.start, f.last = voicing, f.runStart, f.now
	f.voiced = time.Duration(f.run) * windowLength
	f.over = f.talking
	f.joined = f.joinable && f.start-f.turnLast <= f.tuning.JoinWithin && f.heard <= f.tuning.JoinHeard
	if f.joined {
		f.start = f.turnStart
	}
	if f.joined || f.talking && !f.protected {
		f.held, f.heldAt = true, f.now
		f.give(order{what: orderHold})
	}
}

// voicing goes on until the voice stops.
func (f *floor) voicing(prob float64) {
	if prob < f.tuning.VoiceOff {
		f.phase, f.run = trailing, 0
		f.trailing(prob)
		return
	}
	f.last = f.now
	f.voiced += windowLength
	if f.now-f.start >= f.tuning.MaxUtterance {
		f.phase = trailing
		f.decode(false)
		return
	}
	if !f.held {
		return
	}
	switch since := f.now - f.heldAt; {
	case since >= f.tuning.YieldAfter:
		f.yield()
	case since >= f.tuning.DecideAfter && !f.lookedAt:
		f.lookedAt = true
		f.decode(true)
	}
}

// trailing waits for the words and for enough silence, or for the voice to come back.
func (f *floor) trailing(prob float64) {
	if prob >= f.tuning.VoiceOn && f.now-f.start < f.tuning.MaxUtterance {
		if f.run++; f.run == 1 {
			f.runStart = f.now - windowLength
		}
		if time.Duration(f.run)*windowLength >= f.tuning.Onset {
			f.resume()
		}
		return
	}
	f.run = 0
	if !f.asked && f.now-f.last >= f.tuning.SpeculateAfter {
		f.decode(false)
	}
	f.settle()
}

// resume takes the utterance up again: whatever was recognised of it is of no use.
func (f *floor) resume() {
	f.phase, f.last = voicing, f.now
	f.voiced += time.Duration(f.run) * windowLength
	if f.asked && f.verdict == nil {
		f.give(order{what: orderCancel, job: f.job})
	}
	f.asked, f.verdict, f.filled = false, nil, false
}

func (f *floor) decode(partial bool) {
	f.job++
	f.asked, f.partial, f.verdict = !partial, partial, nil // after a part the whole is still to be asked for
	f.give(order{what: orderDecode, job: f.job, partial: partial, from: f.start, to: f.now})
}

// recognised takes the outcome of a decode order. Stale outcomes change nothing.
func (f *floor) recognised(job int, v verdict) []order {
	f.orders = f.orders[:0]
	if job != f.job || f.phase == quiet {
		return nil
	}
	if f.partial {
		if f.held && !f.dismissed(v) && !v.failed {
			f.yield()
		}
		return f.orders
	}
	f.verdict = &v
	f.settle()
	return f.orders
}

// dismissed tells whether words are no reason for us to stop.
func (f *floor) dismissed(v verdict) bool {
	return v.empty || v.same && f.joined || f.talking && (v.echo || v.backchannel && (f.protected || f.remaining > f.tuning.TailTurn))
}

// settle ends the utterance once both its words and its silence allow it.
func (f *floor) settle() {
	if f.phase != trailing {
		return
	}
	silence := f.now - f.last
	v := f.verdict
	if v == nil {
		switch {
		case silence >= f.tuning.GiveUpAfter:
			f.give(order{what: orderCancel, job: f.job})
			f.end(orderUnheard, "stalled")
		case silence >= f.tuning.FillerAfter && !f.filled && !f.talking:
			f.filled = true
			f.give(order{what: orderFiller})
		}
		return
	}
	switch {
	case v.failed:
		f.yield()
		f.end(orderUnheard, "failed")
	case f.dismissed(*v):
		f.end(orderDiscard, v.why())
	case f.talking && f.protected:
		f.end(orderDiscard, "protected")
	default:
		f.yield()
		if silence >= f.patience(v.patience) || f.now-f.start >= f.tuning.MaxUtterance {
			f.end(orderCommit, "")
		}
	}
}

func (v *verdict) why() string {
	switch {
	case v.empty:
		return v.reason
	case v.echo:
		return "echo"
	case v.same:
		return "same"
	}
	return "backchannel"
}

func (f *floor) patience(p dialog.Patience) time.Duration {
	switch p {
	case dialog.PatienceShort:
		return f.tuning.EndShort
	case dialog.PatienceLong:
		return f.tuning.EndLong
	}
	return f.tuning.EndNormal
}

// yield drops our speech because the caller has the floor.
func (f *floor) yield() {
	if f.held || f.talking && !f.protected {
		f.held, f.talking = false, false
		f.give(order{what: orderYield})
	}
}

// end closes the utterance as a turn, as no turn, or as one whose words could not be had.
func (f *floor) end(as what, reason string) {
	f.give(order{what: as, job: f.job, from: f.start, to: f.last, voiced: f.voiced, joined: f.joined, over: f.over, reason: reason})
	if f.held {
		f.held = false
		f.give(order{what: orderRelease})
	}
	switch as {
	case orderCommit:
		f.turnStart, f.turnLast, f.joinable, f.heard = f.start, f.last, true, 0
		f.listening = false
	case orderUnheard:
		f.joinable, f.listening = false, false
	}
	f.phase, f.run, f.voiced, f.quietSince = quiet, 0, 0, f.now
	f.asked, f.verdict, f.filled, f.lookedAt, f.partial = false, nil, false, false, false
	f.job++ // whatever is still under way is stale
}

// listen lets silence count from the moment we have finished speaking.
func (f *floor) listen(noInput time.Duration) {
	f.listening, f.noInput = true, noInput
	f.quietSince = f.now
}

// played tells what our side is doing: whether it speaks, what is left of it and what of the
// answer has been heard.
func (f *floor) played(talking, protected bool, remaining, heard time.Duration) {
	if f.talking && !talking {
		f.quietSince = f.now
	}
	f.talking, f.protected, f.remaining, f.heard = talking, protected, remaining, heard
}

// needs returns the stream time from which audio may still be asked for.
func (f *floor) needs() time.Duration {
	switch {
	case f.phase != quiet:
		return f.start
	case f.joinable && f.now-f.turnLast <= f.tuning.JoinWithin:
		return f.turnStart
	}
	return f.now
}

// final makes the last turn impossible to take back.
func (f *floor) final() { f.joinable = false }

func (f *floor) give(o order) { f.orders = append(f.orders, o) }
