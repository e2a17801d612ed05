package dialog

// maxDriven is how many events one event may lead to when an engine is driven.
const maxDriven = 64

// Drive gives an engine an event, has do carry out every action in order, and gives the engine what do says
// came of it, nil for nothing, until nothing more does. It returns the state in the end.
func Drive(e Engine, s State, first Event, do func(Action) Event) State {
	queue := []Event{first}
	for n := 0; len(queue) > 0 && n < maxDriven; n++ {
		var actions []Action
		s, actions = e.Step(s, queue[0])
		queue = queue[1:]
		for _, a := range actions {
			if next := do(a); next != nil {
				queue = append(queue, next)
			}
		}
	}
	return s
}
