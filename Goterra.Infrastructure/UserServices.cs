using Goterra.Core.Access;
using Goterra.Infrastructure.Users;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace Goterra.Infrastructure;

/// <summary>What this project brings to the composition root for users and their API keys.</summary>
public static class UserServices
{
    internal const string AuthClient = "goterra-auth";
    internal const string DeployClient = "goterra-deploy";

    /// <summary>Adds the directory of users. Expects <c>AccessOptions</c> and <c>TimeProvider</c> from the caller.</summary>
    public static IServiceCollection AddGoterraUsers(this IServiceCollection services, UserOptions options)
    {
        var patience = options.Auth?.Patience ?? TimeSpan.FromSeconds(5);

        // One client for each service, and so one circuit breaker: while the deploy service is down, keys are looked up all the same.
        AddClient(services, AuthClient, patience);
        AddClient(services, DeployClient, patience);
        return services.AddSingleton(options).AddSingleton<IUserDirectory, UserDirectory>();
    }

    private static void AddClient(IServiceCollection services, string name, TimeSpan patience)
    {
        var client = services.AddHttpClient(name)

            // The library's own log lines would repeat addresses, and at trace level headers.
            .RemoveAllLoggers()
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
                PooledConnectionLifetime = TimeSpan.FromMinutes(2),
                MaxResponseHeadersLength = 64,
            });
        client.AddStandardResilienceHandler(resilience =>
        {
            resilience.AttemptTimeout.Timeout = patience;
            resilience.Retry.MaxRetryAttempts = 1;
            resilience.Retry.Delay = TimeSpan.FromMilliseconds(200);
            resilience.Retry.BackoffType = DelayBackoffType.Constant;
            resilience.TotalRequestTimeout.Timeout = 2.2 * patience;
            resilience.CircuitBreaker.SamplingDuration = 4 * patience;
            resilience.CircuitBreaker.MinimumThroughput = 10;
            resilience.CircuitBreaker.BreakDuration = patience;
        });
        client.AddHttpMessageHandler(() => new WholeAnswers());
    }
}
