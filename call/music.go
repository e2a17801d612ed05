package call

import "math"

// holdMusic is what somebody hears who waits: a slow broken chord that comes back to its beginning, made
// here so that nobody's rights are touched. It is quiet enough to be spoken over.
func holdMusic(rate int) []int16 {
	const (
		beat   = 0.4 // seconds
		level  = 0.11
		decay  = 2.2 // of a struck string, per second
		rings  = 4   // beats a note is heard for
		second = 0.35
	)
	// Semitones above A3: C, Am, F and G in pentatonic company.
	bars := [][]int{{3, 7, 10, 15, 12, 10, 7, 10}, {0, 3, 7, 12, 10, 7, 3, 7}, {-4, 0, 3, 8, 7, 3, 0, 3}, {-2, 2, 5, 10, 14, 10, 5, 2}}
	perBeat := int(beat * float64(rate))
	total := perBeat * 8 * len(bars)
	sum := make([]float64, total)
	for b, bar := range bars {
		for n, note := range bar {
			hertz := 220 * math.Pow(2, float64(note)/12)
			from := (b*len(bar) + n) * perBeat
			for i := range rings * perBeat {
				t := float64(i) / float64(rate)
				attack := math.Min(1, t/0.01)
				release := math.Min(1, float64(rings*perBeat-i)/float64(perBeat))
				phase := 2 * math.Pi * hertz * t
				sum[(from+i)%total] += level * attack * release * math.Exp(-decay*t) * (math.Sin(phase) + second*math.Sin(2*phase))
			}
		}
	}
	pcm := make([]int16, total)
	for i, x := range sum {
		pcm[i] = int16(32767 * math.Tanh(x))
	}
	return pcm
}
