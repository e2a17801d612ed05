package tones

import (
	"math"
	"slices"
	"time"
)

const (
	window = 20 * time.Millisecond // that tones are looked for in
	hop    = 2 * time.Millisecond  // from one to the next

	// around a turn codecs make noise of their own.
	around = 40 * time.Millisecond

	// uneven is how many times quieter or louder than mostly a voice is in a disturbance.
	uneven = 2
)

// Sound is what somebody heard.
type Sound struct {
	Rate int // Hz
	PCM  []int16
	At   func(sample int) time.Time // when a sample was heard
	// Limit is how loud what is not the voices may be, in dB below them. Codecs for speech make a noise of several tones.
	Limit float64
}

// Heard is what a Sound holds.
type Heard struct {
	Turns   [][]Moment    // of each voice
	Clicks  []Disturbance // stretches that are not the voices
	Residue float64       // what is not the voices, median in dB below them: noise of codecs
}

// Disturbance is a stretch in which something was cut, doubled, made up or left out.
type Disturbance struct {
	At     time.Time
	Length time.Duration
	Level  float64 // dB below the voices
}

// fit is how much of each tone is in one window.
type fit struct {
	tones   []float64 // amplitudes
	residue float64   // energy a sample of what is not them
}

// level is that of a voice, rise how much more its high tone is than its low one.
func (f fit) level(voice int) float64 { return max(f.tones[2*voice], f.tones[2*voice+1]) }
func (f fit) rise(voice int) float64  { return f.tones[2*voice+1] - f.tones[2*voice] }

// Listen finds voices that are there from beginning to end.
func (s Sound) Listen(voices ...Voice) Heard {
	fits := s.fits(voices)
	if len(fits) == 0 {
		return Heard{Turns: make([][]Moment, len(voices))}
	}
	step := s.samples(hop)
	middle := func(i float64) time.Time { return s.At(int(i*float64(step)) + s.samples(window)/2) }
	h := Heard{Turns: make([][]Moment, len(voices))}
	turning := make([]bool, len(fits)) // windows near a turn, or where one may be out of sight, tell nothing of disturbances
	for i := range min(int(around/hop), len(fits)) {
		turning[i], turning[len(fits)-1-i] = true, true
	}
	for v := range voices {
		var levels []float64
		for _, f := range fits {
			levels = append(levels, f.level(v))
		}
		quiet := median(levels) / 3
		for i := 1; i < len(fits); i++ {
			before, after := fits[i-1].rise(v), fits[i].rise(v)
			if before < 0 == (after < 0) || fits[i].level(v) < quiet {
				continue
			}
			m := Moment{middle(float64(i-1) + before/(before-after)), after > 0}
			if n := len(h.Turns[v]); n > 0 && m.At.Sub(h.Turns[v][n-1].At) < Turn/2 {
				continue // a disturbance, not a turn
			}
			h.Turns[v] = append(h.Turns[v], m)
			for k := max(0, i-int(around/hop)); k < min(len(fits), i+int(around/hop)); k++ {
				turning[k] = true
			}
		}
	}
	h.Residue, h.Clicks = s.disturbances(fits, turning, middle)
	return h
}

func (s Sound) samples(d time.Duration) int { return int(d.Seconds() * float64(s.Rate)) }

// disturbances finds the windows that hold what they should not.
func (s Sound) disturbances(fits []fit, turning []bool, at func(float64) time.Time) (usual float64, found []Disturbance) {
	voices := len(fits[0].tones) / 2
	var residues, energies []float64
	levels := make([][]float64, voices)
	for i, f := range fits {
		if turning[i] {
			continue
		}
		energy := 0.0
		for v := range voices {
			a := f.level(v)
			levels[v] = append(levels[v], a)
			energy += a * a / 2
		}
		residues, energies = append(residues, f.residue), append(energies, energy)
	}
	if len(residues) == 0 {
		return 0, nil
	}
	whole := median(energies)
	db := func(residue float64) float64 { return 10 * math.Log10((residue+1e-9)/(whole+1e-9)) }
	usual = db(median(residues))
	var mostly []float64
	for v := range voices {
		mostly = append(mostly, median(levels[v]))
	}
	last := -2 * int(window/hop)
	for i, f := range fits {
		if turning[i] {
			continue
		}
		bad := db(f.residue) > s.Limit
		for v := range voices {
			a := f.level(v)
			bad = bad || a > mostly[v]*uneven || a < mostly[v]/uneven
		}
		if !bad {
			continue
		}
		if i-last > int(window/hop) {
			found = append(found, Disturbance{At: at(float64(i)), Level: db(f.residue)})
		}
		d := &found[len(found)-1]
		// A point is in as many windows as one is long.
		d.Length = max(hop, at(float64(i)).Sub(d.At)-window+2*hop)
		d.Level = max(d.Level, db(f.residue))
		last = i
	}
	return usual, found
}

func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(of))[len(of)/2]
}

// fits finds the tones in every window by least squares.
func (s Sound) fits(voices []Voice) []fit {
	size, step := s.samples(window), s.samples(hop)
	var base [][]float64 // a cosine and a sine of each tone
	for _, v := range voices {
		for _, hertz := range []float64{v.Low, v.High} {
			c, d := make([]float64, size), make([]float64, size)
			for i := range size {
				d[i], c[i] = math.Sincos(2 * math.Pi * hertz * float64(i) / float64(s.Rate))
			}
			base = append(base, c, d)
		}
	}
	inverse := invert(base)
	var all []fit
	seen, weights := make([]float64, len(base)), make([]float64, len(base))
	for from := 0; from+size <= len(s.PCM); from += step {
		x := s.PCM[from:][:size]
		energy := 0.0
		for _, v := range x {
			energy += float64(v) * float64(v)
		}
		for k, b := range base {
			seen[k] = 0
			for i, v := range x {
				seen[k] += b[i] * float64(v)
			}
		}
		for k := range weights {
			weights[k] = 0
			for j, v := range seen {
				weights[k] += inverse[k][j] * v
			}
			energy -= weights[k] * seen[k]
		}
		f := fit{residue: max(energy, 0) / float64(size)}
		for k := 0; k < len(weights); k += 2 {
			f.tones = append(f.tones, math.Hypot(weights[k], weights[k+1]))
		}
		all = append(all, f)
	}
	return all
}

// invert returns the inverse of the products of all pairs.
func invert(base [][]float64) [][]float64 {
	n := len(base)
	m := make([][]float64, n) // products and unit matrix side by side
	for i := range m {
		m[i] = make([]float64, 2*n)
		m[i][n+i] = 1
		for j := range n {
			for k, v := range base[i] {
				m[i][j] += v * base[j][k]
			}
		}
	}
	for i := range n { // products of different tones are positive definite: no pivot is 0
		for j, pivot := 0, m[i][i]; j < 2*n; j++ {
			m[i][j] /= pivot
		}
		for r := range n {
			if r == i {
				continue
			}
			for j, factor := 0, m[r][i]; j < 2*n; j++ {
				m[r][j] -= factor * m[i][j]
			}
		}
	}
	for i := range m {
		m[i] = m[i][n:]
	}
	return m
}
