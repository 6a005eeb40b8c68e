using System.Net;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Leases;

/// <summary>Waits for a lease until this client holds it, or the session's deadline is over.</summary>
internal sealed class LeaseCandidate(Session session, LeaseTerms terms, string operation, TimeProvider time)
{
    private readonly ValueReader _reader = new(session, terms.Key, failPrefix: null);

    /// <summary>Returns the lease; null if <paramref name="shouldContinue"/> has returned false.</summary>
    /// <param name="shouldContinue">Called with the value of each other holder.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="CliException">The wait timed out, or the server refused or could not be reached.</exception>
    public async Task<Lease?> AcquireAsync(Func<byte[], bool> shouldContinue, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await Lease.TryAcquireAsync(session, session.Client, terms, time, cancellationToken) is { } lease)
                return lease;

            var response = await _reader.ReadAsync(cancellationToken);
            while (response.IsSuccess)
            {
                if (!shouldContinue(_reader.ValueOf(response)))
                    return null;
                response = await _reader.WaitForChangeAsync(
                    response.ETag ?? throw _reader.MissingETag(), cancellationToken)
                    ?? throw new CliException(
                        ExitCode.TimedOut, $"{operation}: timed out, {terms.Key} is still held by another client");
            }

            // 404: the lease is free.
            if (response.Status != HttpStatusCode.NotFound)
                throw session.Failure(operation, response);
        }
    }
}
