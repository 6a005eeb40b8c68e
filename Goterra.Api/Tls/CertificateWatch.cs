namespace Goterra.Api.Tls;

/// <summary>
/// Reads the certificate again when its files have changed. Polls: notifications miss files that are replaced through
/// symbolic links, as mounted secrets are.
/// </summary>
internal sealed partial class CertificateWatch(
    ServerCertificate certificate, TimeProvider time, ILogger<CertificateWatch> logger) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan NoticePeriod = TimeSpan.FromDays(14);
    private static readonly TimeSpan NoticeInterval = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private string? _failed;
    private string? _reported;
    private DateTimeOffset _noticed = DateTimeOffset.MinValue;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            Check(mayBePartial: true);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Reads the files now.</summary>
    /// <param name="mayBePartial">Perhaps one of them has been replaced, and another one is about to be: a problem is
    /// reported only if it lasts.</param>
    public void Check(bool mayBePartial)
    {
        lock (_gate)
        {
            Read(mayBePartial);
        }
    }

    private void Read(bool mayBePartial)
    {
        var (digest, problem) = certificate.Reload(time.GetUtcNow());
        if (problem is null)
        {
            (_failed, _reported) = (null, null);
            if (digest is not null)
                Log.Reloaded(logger, certificate.Subject, certificate.NotAfter);
        }
        else if (mayBePartial && _failed != digest)
        {
            _failed = digest;
        }
        else if (_reported != digest)
        {
            _reported = digest;
            Log.NotReloaded(logger, problem);
        }

        var now = time.GetUtcNow();
        if (certificate.NotAfter - now > NoticePeriod || now - _noticed < NoticeInterval)
            return;
        _noticed = now;
        if (certificate.NotAfter <= now)
            Log.Expired(logger, certificate.Subject, certificate.NotAfter);
        else
            Log.Expires(logger, certificate.Subject, certificate.NotAfter);
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information, "Certificate reloaded: {Subject}, valid until {NotAfter:u}. New connections use it.")]
        public static partial void Reloaded(ILogger logger, string subject, DateTimeOffset notAfter);

        [LoggerMessage(
            LogLevel.Error, "The new certificate cannot be used; the previous one stays in use. {Problem}")]
        public static partial void NotReloaded(ILogger logger, string problem);

        [LoggerMessage(LogLevel.Warning, "The certificate {Subject} expires at {NotAfter:u}. Replace its files.")]
        public static partial void Expires(ILogger logger, string subject, DateTimeOffset notAfter);

        [LoggerMessage(
            LogLevel.Error,
            "The certificate {Subject} expired at {NotAfter:u}: clients refuse to connect. Replace its files.")]
        public static partial void Expired(ILogger logger, string subject, DateTimeOffset notAfter);
    }
}
