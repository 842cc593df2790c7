// Package delivery carries alerts to their centres, each once.
//
// A Worker serves one centre: it takes what is due, the most urgent first, and calls the
// centre's channel. What the centre could not take is tried again, with pauses that grow and
// never sleep through the time that the law gives. What may have arrived is unknown: the
// centre is asked, and only what it says it does not have is sent again. What says too little
// is held. A centre that fails again and again is left alone for a while; it gets no more than
// so many in a time, and no more than so many in a day.
//
// Where an alert stands is in a store, and nothing that counts is in memory: whoever was
// killed while sending left an alert that is asked for first. Time and chance are injected.
// It knows no form and no network: channels do.
package delivery
