package vad

import "math"

// formants are the three lowest resonances of five vowels in Hz.
var formants = [][3]float64{
	{800, 1200, 2600}, {300, 2300, 3000}, {330, 800, 2500}, {500, 1900, 2600}, {550, 900, 2500},
}

// resonator is one formant: a two-pole filter of a bandwidth in Hz with unit gain at DC.
type resonator struct{ a, b, c, y1, y2 float64 }

func newResonator(hz, bandwidth float64) *resonator {
	radius := math.Exp(-math.Pi * bandwidth / Rate)
	r := &resonator{b: 2 * radius * math.Cos(2*math.Pi*hz/Rate), c: -radius * radius}
	r.a = 1 - r.b - r.c
	return r
}

func (r *resonator) next(x float64) float64 {
	y := r.a*x + r.b*r.y1 + r.c*r.y2
	r.y1, r.y2 = y, r.y1
	return y
}

// noise is white noise of a peak level, the same on every machine.
func noise(pcm []int16, peak int) {
	x := uint32(12345)
	for i := range pcm {
		x = x*1664525 + 1013904223
		pcm[i] = int16((int(x>>16) - 32768) * peak / 32768)
	}
}

// syllables adds a voice that says vowels, five a second, with the falling and rising pitch of a
// sentence.
func syllables(pcm []int16, pitch float64) {
	const length = Rate / 5
	phase := 0.0
	for at := 0; at < len(pcm); at += length {
		f := formants[at/length%len(formants)]
		tract := []*resonator{newResonator(f[0], 80), newResonator(f[1], 100), newResonator(f[2], 150)}
		tilt := newResonator(0, 200)
		for i := range min(length, len(pcm)-at) {
			share := float64(i) / length
			phase += pitch * (1.15 - 0.3*share + 0.1*math.Sin(float64(at))) / Rate
			pulse := 0.0
			if phase >= 1 {
				phase--
				pulse = 1
			}
			v := tilt.next(pulse)
			for _, r := range tract {
				v = r.next(v)
			}
			pcm[at+i] += int16(max(-30000, min(v*400000*math.Sin(math.Pi*share), 30000)))
		}
	}
}

// tone adds a sine.
func tone(pcm []int16, hz float64) {
	for i := range pcm {
		pcm[i] += int16(6000 * math.Sin(2*math.Pi*hz*float64(i)/Rate))
	}
}

// scene is what the golden probabilities were computed from: quiet noise throughout; a voice from
// 0.5 s to 1.7 s, a tone from 2.2 s to 2.8 s, a higher voice from 3.2 s to 4.4 s; 5 s in all.
func scene() []int16 {
	pcm := make([]int16, 5*Rate)
	noise(pcm, 60)
	syllables(pcm[Rate/2:Rate*17/10], 120)
	tone(pcm[Rate*22/10:Rate*28/10], 450)
	syllables(pcm[Rate*32/10:Rate*44/10], 210)
	return pcm
}
