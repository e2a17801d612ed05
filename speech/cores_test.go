package speech

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hotline-cc/hotline"
)

func cores(t testing.TB, n int) *Cores {
	t.Helper()
	c, err := NewCores(CoresConfig{Cores: n})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// take asks for a job's turn in a class.
func take(ctx context.Context, c *Cores, class Class) (threads int, release func(), err error) {
	switch class {
	case Final, Speculative:
		return c.Recognition(ctx, class == Speculative)
	case LaterClause, Background:
		ctx = context.WithValue(ctx, speakingKey{}, &speaking{begun: class == LaterClause, background: class == Background})
	}
	release, err = c.Clause(ctx) // does not tell how many it takes
	return 1, release, err
}

func TestFreeCoresAreSharedAmongThoseWhoWant(t *testing.T) {
	for name, tc := range map[string]struct {
		cores int
		jobs  []Class // ask one after the other, and stay
		want  []int   // threads of each recognition, 1 for a clause at work, 0 for what waits
	}{
		"alone on two":                     {2, []Class{Final}, []int{2}},
		"speculative alone on two":         {2, []Class{Speculative}, []int{2}},
		"the second waits for the first":   {2, []Class{Final, Final}, []int{2, 0}},
		"beside a clause":                  {2, []Class{FirstClause, Final}, []int{1, 1}},
		"a clause waits for both cores":    {2, []Class{Final, FirstClause}, []int{2, 0}},
		"clauses leave one core":           {2, []Class{FirstClause, Background, LaterClause, Final}, []int{1, 0, 0, 1}},
		"one core":                         {1, []Class{Final, FirstClause}, []int{1, 0}},
		"one core speaks":                  {1, []Class{Background, Final}, []int{1, 0}},
		"four cores":                       {4, []Class{FirstClause, FirstClause, FirstClause, FirstClause, Final}, []int{1, 0, 0, 0, 2}},
		"eight cores":                      {8, []Class{FirstClause, FirstClause, FirstClause, FirstClause, Final}, []int{1, 1, 1, 0, 2}},
		"no more than whisper has use for": {16, []Class{Final, Final}, []int{4, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := cores(t, tc.cores)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				got := make([]int, len(tc.jobs))
				for i, class := range tc.jobs {
					go func() {
						if threads, release, err := take(ctx, c, class); err == nil {
							got[i] = threads
							<-ctx.Done()
							release()
						}
					}()
					synctest.Wait()
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("threads (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestThoseWhoWaitTogetherGetOneCoreEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cores(t, 2)
		_, release, err := c.Recognition(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		var threads [2]int
		for i := range threads {
			go func() {
				n, release, err := c.Recognition(t.Context(), false)
				if err != nil {
					t.Error(err)
					return
				}
				threads[i] = n
				time.Sleep(time.Second)
				release()
			}()
		}
		synctest.Wait()
		release()
		synctest.Wait()
		if threads != [2]int{1, 1} {
			t.Errorf("threads %v", threads)
		}
		time.Sleep(2 * time.Second)
	})
}

func TestTurnsComeByClassAndPatience(t *testing.T) {
	type ask struct {
		after time.Duration // since the one before
		class Class
	}
	for name, tc := range map[string]struct {
		asks []ask
		want []int // order of the turns, as indices
	}{
		"by class": {
			[]ask{{0, Background}, {0, LaterClause}, {0, FirstClause}, {0, Speculative}, {0, Final}},
			[]int{4, 3, 2, 1, 0},
		},
		"first come, first served within a class": {
			[]ask{{0, Final}, {1, Final}, {1, Final}},
			[]int{0, 1, 2},
		},
		"a speculative one does not starve": {
			[]ask{{0, Speculative}, {100 * time.Millisecond, Final}, {100 * time.Millisecond, Final}, {100 * time.Millisecond, Final}},
			[]int{1, 0, 2, 3},
		},
		"a caller who waits for sound does not starve": {
			[]ask{{0, FirstClause}, {200 * time.Millisecond, Final}, {200 * time.Millisecond, Final}},
			[]int{1, 0, 2},
		},
		"a prompt rendered ahead waits": {
			[]ask{{0, Background}, {10 * time.Second, LaterClause}, {10 * time.Second, Speculative}},
			[]int{1, 2, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := cores(t, 1)
				_, release, err := c.Recognition(t.Context(), false)
				if err != nil {
					t.Fatal(err)
				}
				var mu sync.Mutex
				var order []int
				var done sync.WaitGroup
				for i, a := range tc.asks {
					time.Sleep(a.after)
					done.Go(func() {
						_, release, err := take(t.Context(), c, a.class)
						if err != nil {
							t.Error(err)
							return
						}
						mu.Lock()
						order = append(order, i)
						mu.Unlock()
						release()
					})
					synctest.Wait()
				}
				release()
				done.Wait()
				if diff := cmp.Diff(tc.want, order); diff != "" {
					t.Errorf("order (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWhoeverLeavesTheQueueHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cores(t, 1)
		_, release, err := c.Recognition(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, _, err := c.Recognition(ctx, false)
			left <- err
		}()
		synctest.Wait()
		next := make(chan struct{})
		go func() {
			if release, err := c.Clause(t.Context()); err == nil {
				release()
				close(next)
			}
		}()
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		release()
		release() // once is enough, and twice does no harm
		<-next
		if c.free != 1 || c.speakers != 1 || len(c.waiting) != 0 || len(c.held) != 0 {
			t.Errorf("afterwards %d free, %d speakers, %d waiting, %d held", c.free, c.speakers, len(c.waiting), len(c.held))
		}
		if _, _, err := c.Recognition(ctx, false); !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled job got a free core: %v", err)
		}
	})
}

func TestLongestIsTheOldestJobAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cores(t, 2)
		if got := c.Longest(); got != 0 {
			t.Errorf("idle: %v", got)
		}
		clause, err := c.Clause(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		_, recognition, err := c.Recognition(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if got := c.Longest(); got != 3*time.Second {
			t.Errorf("both at work: %v", got)
		}
		clause()
		if got := c.Longest(); got != time.Second {
			t.Errorf("the clause has ended: %v", got)
		}
		recognition()
	})
}

func TestABusyMachineGetsNoSecondThread(t *testing.T) {
	for name, tc := range map[string]struct{ spare, want int }{
		"idle":              {2, 2},
		"one busy thread":   {1, 1},
		"overloaded":        {0, 1},
		"many more to give": {64, 2},
	} {
		c, err := NewCores(CoresConfig{Cores: 2, Spare: func() int { return tc.spare }})
		if err != nil {
			t.Fatal(err)
		}
		threads, release, err := c.Recognition(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		if threads != tc.want || c.free != 2-tc.want {
			t.Errorf("%s: %d threads, %d cores are free, want %d threads", name, threads, c.free, tc.want)
		}
		release()
		if c.free != 2 {
			t.Errorf("%s: %d cores are free afterwards", name, c.free)
		}
	}
}

func TestBusyTimeIsReadFromTheKernel(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"cpu  100 20 30 5000 700 1 2 3 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n": 1560 * time.Millisecond,
		"cpu  100 20 30 5000 700 1 2 3":                                 1560 * time.Millisecond,
		"":                                                              -1,
		"cpu  100 20 30\n":                                              -1,
		"cpu  100 20 x 5000 700 1 2 3\n":                                -1,
		"intr 100 20 30 5000 700 1 2 3\n":                               -1,
	} {
		got, ok := busyOf(text)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestOnlyOthersTakeProcessors(t *testing.T) {
	began := time.Now()
	before := usage{began, time.Minute, time.Second}
	for name, tc := range map[string]struct {
		machine, self time.Duration
		want          float64
	}{
		"nobody works":      {0, 0, 0},
		"only we work":      {2 * time.Second, 2 * time.Second, 0},
		"others work too":   {2 * time.Second, 500 * time.Millisecond, 1.5},
		"the clocks differ": {time.Second, 1010 * time.Millisecond, 0},
	} {
		now := usage{began.Add(time.Second), before.machine + tc.machine, before.self + tc.self}
		if got := now.others(before); got != tc.want {
			t.Errorf("%s: %v processors, want %v", name, got, tc.want)
		}
	}
}

func TestSpareRounds(t *testing.T) {
	all := runtime.NumCPU()
	for others, want := range map[int64]int{0: all, 400: all, 600: max(1, all-1), 1000 * int64(all): 1} {
		var s Spare
		s.others.Store(others)
		if got := s.Processors(); got != want {
			t.Errorf("others keep %d/1000 busy: %d processors, want %d", others, got, want)
		}
	}
}

func TestNoCoresAreNoScheduler(t *testing.T) {
	if _, err := NewCores(CoresConfig{}); hotline.CodeOf(err) != hotline.CodeInvalid {
		t.Errorf("error %v", err)
	}
}

// TestManyJobsNeverUseMoreThanAllCores lets jobs of all classes come, give up and go at random.
// That it ends shows that no wake-up is lost.
func TestManyJobsNeverUseMoreThanAllCores(t *testing.T) {
	for _, n := range []int{1, 2, 5} {
		c := cores(t, n)
		var busy, speakers, served atomic.Int64
		var jobs sync.WaitGroup
		for worker := range 32 {
			jobs.Go(func() {
				random := rand.New(rand.NewPCG(uint64(n), uint64(worker)))
				for range 200 {
					ctx, cancel := context.WithCancel(t.Context())
					if random.IntN(3) == 0 {
						time.AfterFunc(time.Duration(random.IntN(200))*time.Microsecond, cancel)
					}
					class := Class(random.IntN(int(Background) + 1))
					threads, release, err := take(ctx, c, class)
					if err == nil {
						served.Add(1)
						if now := busy.Add(int64(threads)); now > int64(n) {
							t.Errorf("%d threads on %d cores", now, n)
						}
						if class.speaks() {
							if now := speakers.Add(1); now > int64(c.speakersAtMost()) {
								t.Errorf("%d syntheses at once on %d cores", now, n)
							}
						}
						time.Sleep(time.Duration(random.IntN(20)) * time.Microsecond) // the work
						if class.speaks() {
							speakers.Add(-1)
						}
						busy.Add(-int64(threads))
						release()
					} else if !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
					cancel()
				}
			})
		}
		jobs.Wait()
		if served.Load() < 32*200/3 {
			t.Errorf("only %d jobs were served", served.Load())
		}
		if c.free != n || len(c.waiting) != 0 || len(c.held) != 0 || c.speakers != c.speakersAtMost() {
			t.Errorf("afterwards %d of %d free, %d waiting, %d held", c.free, n, len(c.waiting), len(c.held))
		}
	}
}
