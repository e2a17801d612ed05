package nlu

import (
	"math/rand/v2"
)

// alikeFrom is the share of common character pairs (Jaccard) from which two sentences count as the
// same sentence written twice.
const alikeFrom = 0.5

// Folds deals sentences into n parts for cross-validation. Sentences that are nearly the same come
// into the same part, so none is judged by a model that learned its twin.
func Folds(list []Utterance, n int, seed uint64) []int {
	bags := make([]map[[2]rune]bool, len(list))
	holders := map[[2]rune][]int{}
	parent := make([]int, len(list))
	for i, u := range list {
		bags[i], parent[i] = pairsOf(u.Text), i
	}
	var root func(i int) int
	root = func(i int) int {
		if parent[i] != i {
			parent[i] = root(parent[i])
		}
		return parent[i]
	}
	for i := range list {
		shared := map[int]int{}
		for pair := range bags[i] {
			for _, j := range holders[pair] {
				shared[j]++
			}
			holders[pair] = append(holders[pair], i)
		}
		for j, c := range shared {
			if jaccard(c, len(bags[i]), len(bags[j])) >= alikeFrom {
				a, b := root(i), root(j)
				parent[max(a, b)] = min(a, b)
			}
		}
	}
	fold := make([]int, len(list))
	random := rand.New(rand.NewPCG(seed, 777))
	for i, k := range random.Perm(len(list)) {
		fold[k] = i % n
	}
	for i := range list {
		fold[i] = fold[root(i)]
	}
	return fold
}

// WithoutTwins returns the sentences of list that are not nearly the same as one of tests.
func WithoutTwins(list, tests []Utterance) []Utterance {
	var held []map[[2]rune]bool
	for _, u := range tests {
		held = append(held, pairsOf(u.Text))
	}
	var out []Utterance
next:
	for _, u := range list {
		bag := pairsOf(u.Text)
		for _, h := range held {
			if jaccard(common(bag, h), len(bag), len(h)) >= alikeFrom {
				continue next
			}
		}
		out = append(out, u)
	}
	return out
}

// common counts the pairs of characters that are in both bags.
func common(a, b map[[2]rune]bool) (n int) {
	for pair := range a {
		if b[pair] {
			n++
		}
	}
	return n
}

func jaccard(common, a, b int) float64 {
	if a+b == common {
		return 1
	}
	return float64(common) / float64(a+b-common)
}

func pairsOf(text string) map[[2]rune]bool {
	runes := []rune(Clean(text))
	bag := make(map[[2]rune]bool, len(runes))
	for i := range runes {
		next := rune(0)
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		bag[[2]rune{runes[i], next}] = true
	}
	return bag
}
