using System.Net;
using Goterra.Cli.Connection;
using Goterra.Cli.Values;

namespace Goterra.Cli.Leases;

/// <summary>Stands for a lease until it is ours.</summary>
/// <param name="session">Its time is how long we stand.</param>
/// <param name="terms">Of the lease.</param>
/// <param name="doing">For messages.</param>
/// <param name="time">Clock.</param>
internal sealed class Candidate(Session session, LeaseTerms terms, string doing, TimeProvider time)
{
    private readonly ValueReader _reader = new(session, terms.Key, failPrefix: null);

    /// <summary>The lease, or null where <paramref name="goesOn"/> has said that we do not want it any more.</summary>
    /// <param name="goesOn">Is shown each value that is there instead.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CliException">The time is over, or the server refuses or can't be reached.</exception>
    public async Task<Lease?> StandAsync(Func<byte[], bool> goesOn, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await Lease.TakeAsync(session, session.Patient, terms, time, cancellationToken) is { } lease)
                return lease;
            var reply = await _reader.ReadAsync(cancellationToken);
            while (reply.IsSuccess)
            {
                if (!goesOn(_reader.ValueOf(reply)))
                    return null;
                reply = await _reader.WaitForChangeAsync(reply.ETag ?? throw _reader.WithoutETag(), cancellationToken)
                        ?? throw new CliException(ExitCode.TimedOut, $"{doing}: timed out, {terms.Key} is still in other hands");
            }

            // Else it is over, and anybody's again.
            if (reply.Status != HttpStatusCode.NotFound)
                throw session.Failure(doing, reply);
        }
    }
}
