package dtmf

import (
	"fmt"
	"time"

	"github.com/hotline-cc/hotline/media/tone"
)

// The frequencies of ITU-T Q.23 in Hz, and the keys at their crossings.
var (
	rows    = [4]float64{697, 770, 852, 941}
	columns = [4]float64{1209, 1336, 1477, 1633}
	grid    = [4]string{"123A", "456B", "789C", "*0#D"}
)

// Tuned on tones with noise and 1.5 % off frequency, which ITU-T Q.24 wants found from 40 ms on, and
// on speech, which must press nothing.
const (
	windowMS = 16 // looked at together, just enough to tell neighbouring frequencies apart
	stepMS   = 8  // between two looks
	pressed  = 3  // looks in a row that make a key, or that release it

	// weakest is the mean power of the faintest key taken, -36 dB of full scale.
	weakest = 32768.0 * 32768 / 2 / 4000

	// purity is the part of the power that the two tones must hold. Speech that meets both
	// frequencies has much besides.
	purity = 0.7

	// A line weakens high tones more than low ones, some senders make up for it too well.
	maxRowOverColumn = 6.3 // 8 dB
	maxColumnOverRow = 4.0 // 6 dB

	// rival is how much stronger the tone of a group must be than the next: 6 dB.
	rival = 4.0
)

// Detector finds key tones in sound. It finds tones of 40 ms and more; shorter ones perhaps, of
// 20 ms never. Not safe for concurrent use.
type Detector struct {
	rows, columns [4]tone.Detector
	window        []int16
	filled, step  int

	heard   Key // in the last look, 0 for none
	run     int // looks in a row with heard
	down    Key // reported and not yet released
	absence int // looks in a row without down
}

// NewDetector returns a Detector for mono PCM of a rate in Hz, a multiple of 100 within 8000…48000.
func NewDetector(rate int) (*Detector, error) {
	if rate < 8000 || rate > 48000 || rate%100 != 0 {
		return nil, fmt.Errorf("key detector: rate %d Hz is not a multiple of 100 within 8000…48000", rate)
	}
	d := &Detector{window: make([]int16, rate/1000*windowMS), step: rate / 1000 * stepMS}
	for i := range rows {
		var errRow, errColumn error
		d.rows[i], errRow = tone.NewDetector(rows[i], rate)
		d.columns[i], errColumn = tone.NewDetector(columns[i], rate)
		if errRow != nil || errColumn != nil {
			return nil, fmt.Errorf("key detector at %d Hz: %w, %w", rate, errRow, errColumn)
		}
	}
	return d, nil
}

// Process takes the next sound, at most 40 ms of it, and returns the key that it makes certain, if
// any. at is the time of its end.
func (d *Detector) Process(pcm []int16, at time.Time) (Event, bool) {
	var found Key
	for len(pcm) > 0 {
		n := copy(d.window[d.filled:], pcm)
		pcm = pcm[n:]
		d.filled += n
		if d.filled < len(d.window) {
			break
		}
		if k := d.follow(d.look()); k != 0 {
			found = k
		}
		d.filled = copy(d.window, d.window[d.step:])
	}
	if found == 0 {
		return Event{}, false
	}
	return Event{Key: found, Source: SourceInBand, Duration: (windowMS + (pressed-1)*stepMS) * time.Millisecond, At: at}, true
}

// follow takes the key of one look and returns it when it has just become certain.
func (d *Detector) follow(k Key) Key {
	if k != d.heard {
		d.heard, d.run = k, 0
	}
	d.run++
	if d.down != 0 {
		if k == d.down {
			d.absence = 0
			return 0
		}
		if d.absence++; d.absence < pressed && k == 0 {
			return 0
		}
	}
	if k == 0 {
		d.down = 0
		return 0
	}
	if d.run < pressed {
		return 0
	}
	d.down, d.absence = k, 0
	return k
}

// look returns the key whose tones fill the window, 0 for none.
func (d *Detector) look() Key {
	power := tone.MeanPower(d.window)
	if power < weakest {
		return 0
	}
	row, low, lowRival := strongest(&d.rows, d.window)
	column, high, highRival := strongest(&d.columns, d.window)
	switch {
	case low+high < purity*power,
		low > maxRowOverColumn*high, high > maxColumnOverRow*low,
		low < rival*lowRival, high < rival*highRival:
		return 0
	}
	return Key(grid[row][column])
}

// strongest returns which tone of a group is the strongest, its power and that of the next.
func strongest(group *[4]tone.Detector, pcm []int16) (index int, best, second float64) {
	for i, t := range group {
		switch p := t.Power(pcm); {
		case p > best:
			index, best, second = i, p, best
		case p > second:
			second = p
		}
	}
	return index, best, second
}
