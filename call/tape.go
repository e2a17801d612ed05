package call

import "time"

// tape holds the recent audio of the caller at the recogniser's rate, addressed by stream time.
// It keeps what the floor may still ask for and forgets the rest.
type tape struct {
	rate  int
	pcm   []int16
	first int64 // index in the stream of pcm[0]
}

func newTape(rate int) *tape { return &tape{rate: rate} }

// length returns how many samples the stream has had.
func (t *tape) length() int64 { return t.first + int64(len(t.pcm)) }

// samples returns n samples from an index of the stream that is kept. They are valid until the
// next change.
func (t *tape) samples(from int64, n int) []int16 { return t.pcm[from-t.first:][:n] }

// cut returns a copy of the audio between two stream times, as far as it is kept.
func (t *tape) cut(from, to time.Duration) []int16 {
	a, b := t.offset(from), t.offset(to)
	return append([]int16(nil), t.pcm[a:b]...)
}

// forget drops what lies before a stream time. Memory is moved rarely: only when half is waste.
func (t *tape) forget(before time.Duration) {
	n := t.offset(before)
	if n == 0 || n < len(t.pcm)/2 {
		return
	}
	t.pcm = t.pcm[:copy(t.pcm, t.pcm[n:])]
	t.first += int64(n)
	if cap(t.pcm) > 8*max(len(t.pcm), t.rate) { // a long turn is over: give its memory back
		t.pcm = append(make([]int16, 0, 2*len(t.pcm)), t.pcm...)
	}
}

func (t *tape) offset(at time.Duration) int {
	i := int64(at)*int64(t.rate)/int64(time.Second) - t.first
	return int(min(max(i, 0), int64(len(t.pcm))))
}

// time returns the stream time of an index.
func (t *tape) time(i int64) time.Duration {
	return time.Duration(i) * time.Second / time.Duration(t.rate)
}
