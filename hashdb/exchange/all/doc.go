// Package all opens the exchange that a configuration names. It lies apart from package
// exchange, which the exchanges import.
//
// It turns options and credentials into what each exchange wants, and knows nothing
// else of them. Credentials are read when an exchange is opened, and not before.
//
// Options, all optional but where it says so:
//
//	ncmec           since (a date), window, margin (durations), records (in a window)
//	                credentials user, password
//	stopncii        page_size
//	                credentials subscription_key, fetch_key, and submit_key for feedback
//	threatexchange  group (required), types (words), page_size, max_loss (per cent)
//	                credentials token
//	web             format, kind, max_loss (per cent), skip_bad (true or false)
//	                credentials user and password, or token, or none
//	folder          format, kind, still (a duration)
//	arachnid        batch
//	                credentials user, password
//
// What is not known is refused.
package all
