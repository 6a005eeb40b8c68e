using System.Reflection;
using System.Text.Json;
using Goterra.Api.Deployments;
using Goterra.Api.Errors;
using Goterra.Api.Json;
using Goterra.Api.Values;
using Goterra.Core.Access;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Goterra.Tests.Unit.OpenApi;

[Trait("Category", "Unit")]
public sealed class SwaggerDocumentTests(SwaggerFixture swagger) : IClassFixture<SwaggerFixture>
{
    private const string Value = "/store/{id}/{key}";

    [Fact]
    public void Document_Read_HasNoErrorsOrWarnings()
    {
        Assert.NotNull(swagger.Document);
        Assert.Empty(swagger.Diagnostic!.Errors);
        Assert.Empty(swagger.Diagnostic.Warnings);
        Assert.Equal("Goterra", swagger.Document.Info.Title);
    }

    [Fact]
    public void Document_EveryActionButHead_IsInIt() => Assert.Equal(
        Actions().Select(action => action.Name).Order(StringComparer.Ordinal),
        swagger.Operations.Select(operation => operation.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Operations_All_SayWhatTheyDo()
    {
        Assert.All(swagger.Operations, operation =>
        {
            Assert.False(string.IsNullOrWhiteSpace(operation.Operation.Summary), operation.Name);
            Assert.Contains(operation.Operation.Tags!.Single().Name, swagger.Document!.Tags!.Select(tag => tag.Name));
            Assert.All(
                operation.Operation.Parameters ?? [],
                parameter => Assert.False(string.IsNullOrEmpty(parameter.Description), parameter.Name));
            Assert.All(
                operation.Operation.Responses!,
                response => Assert.False(string.IsNullOrEmpty(response.Value.Description), response.Key));
        });
        Assert.Distinct(swagger.Operations.Select(operation => operation.Operation.OperationId));
    }

    [Fact]
    public void Schemas_All_DescribeTheirMembers() => Assert.All(
        swagger.Document!.Components!.Schemas!.SelectMany(
            schema => schema.Value.Properties!, (schema, member) => (Name: $"{schema.Key}.{member.Key}", member.Value)),
        member => Assert.False(string.IsNullOrEmpty(member.Value.Description), member.Name));

    [Fact]
    public void Bodies_AllButBinaryOnes_HaveAnExample() => Assert.All(
        swagger.Operations.SelectMany(
            operation => Contents(operation.Operation),
            (operation, content) => (operation.Name, content.Key, content.Value))
            .Where(body => body.Value.Schema?.Format != "binary"),
        body => Assert.True(body.Value.Example is not null, $"{body.Name} {body.Key}"));

    [Fact]
    public void Problems_OfEveryAction_AreThoseThatItDeclares() => Assert.All(Actions(), action =>
    {
        var declared = action.Method.GetCustomAttribute<ProducesProblemAttribute>()?.Statuses ?? [];
        var problems = swagger.Operation(action.Name).Responses!.Where(
            response => int.Parse(response.Key, null) >= 400).ToList();
        Assert.Equal(declared.Order(), problems.Select(problem => int.Parse(problem.Key, null)));
        Assert.All(problems, problem =>
        {
            var (type, body) = Assert.Single(problem.Value.Content!);
            Assert.Equal("application/problem+json", type);
            Assert.Equal("Problem", Assert.IsType<OpenApiSchemaReference>(body.Schema).Reference.Id);
            Assert.Equal(problem.Key, body.Example!["status"]!.ToJsonString());
        });
    });

    [Theory]
    [InlineData("401", "WWW-Authenticate")]
    [InlineData("412", "ETag")]
    [InlineData("503", "Retry-After")]
    [InlineData("200", "ETag")]
    public void Answers_ToAWrite_NameTheirHeaders(string status, string header) =>
        Assert.Contains(header, swagger.Operation("PUT " + Value).Responses![status].Headers!.Keys);

    [Fact]
    public void Credentials_Schemes_AreTokenAndApiKey()
    {
        var schemes = swagger.Document!.Components!.SecuritySchemes!;
        Assert.Equal(["apiKey", "token"], schemes.Keys.Order());
        Assert.Equal(
            (SecuritySchemeType.Http, "bearer", "JWT"),
            (schemes["token"].Type, schemes["token"].Scheme, schemes["token"].BearerFormat));
        Assert.Equal(
            (SecuritySchemeType.ApiKey, ParameterLocation.Header, "X-API-Key"),
            (schemes["apiKey"].Type, schemes["apiKey"].In, schemes["apiKey"].Name));
    }

    [Theory]
    [InlineData("GET /store", "")]
    [InlineData("GET /health/ready", "")]
    [InlineData("POST /store", "apiKey|-")]
    [InlineData("DELETE /store/{id}", "token|apiKey")]
    [InlineData("GET " + Value, "token|apiKey")]
    public void Credentials_OfAnOperation_AreThoseThatItTakes(string operation, string expected) => Assert.Equal(
        expected,
        string.Join(
            '|',
            swagger.Operation(operation).Security!.Select(
                choice => choice.Count == 0 ? "-" : choice.Keys.Single().Reference.Id)));

    [Theory]
    [InlineData("POST /store", "Header X-API-NS, Header Idempotency-Key")]
    [InlineData(
        "GET /store/{id}",
        "Path id!, Query filter, Query values, Query security, Query waits, Query count, Query encoding, Query wait, "
        + "Query pending, Query fail")]
    [InlineData("DELETE /store/{id}", "Path id!")]
    [InlineData(
        "GET " + Value,
        "Path id!, Path key!, Query wait, Query pending, Query fail, Query encoding, Query raw, Header If-None-Match")]
    [InlineData(
        "PUT " + Value,
        "Path id!, Path key!, Query ttl, Query on_lapse, Header If-Match, Header If-None-Match, "
        + "Header Goterra-Lapse-Reason, Header Goterra-Lapse-Source, Header Idempotency-Key, Header Goterra-Fence")]
    [InlineData(
        "DELETE " + Value, "Path id!, Path key!, Header If-Match, Header Idempotency-Key, Header Goterra-Fence")]
    public void Parameters_OfAnOperation_AreThoseOfTheWire(string operation, string expected) => Assert.Equal(
        expected,
        string.Join(
            ", ",
            swagger.Operation(operation).Parameters!.Select(
                parameter => $"{parameter.In} {parameter.Name}{(parameter.Required ? "!" : "")}")));

    [Fact]
    public void Values_Bodies_AreRawToo()
    {
        Assert.Equal(
            ["text/plain", "application/octet-stream"], swagger.Operation("PUT " + Value).RequestBody!.Content!.Keys);
        Assert.Equal(
            ["application/json", "text/plain", "application/octet-stream"],
            swagger.Operation("GET " + Value).Responses!["200"].Content!.Keys);
    }

    [Theory]
    [InlineData("POST /store", false)]
    [InlineData("PUT /store/{id}", true)]
    [InlineData("PUT " + Value, false)]
    public void RequestBody_WhereEmptyIsTaken_IsOptional(string operation, bool required) =>
        Assert.Equal(required, swagger.Operation(operation).RequestBody!.Required);

    [Fact]
    public void Examples_OfRequests_AreWhatTheRulesAccept()
    {
        var create = JsonSerializer.Deserialize(
            Example("POST /store"), RequestContext.Default.CreateDeploymentRequest)!;
        var put = JsonSerializer.Deserialize(Example("PUT /store/{id}"), RequestContext.Default.PutValueRequest)!;

        Assert.NotNull(create.Ttl);
        Assert.True(new CreateDeploymentRequestValidator(new AccessOptions()).Validate(create).IsValid);
        Assert.True(new PutValueRequestValidator().Validate(put).IsValid);
    }

    private string Example(string operation) =>
        swagger.Operation(operation).RequestBody!.Content!["application/json"].Example!.ToJsonString();

    private IEnumerable<(string Name, MethodInfo Method)> Actions() =>
        from action in swagger.Services.GetRequiredService<IActionDescriptorCollectionProvider>()
            .ActionDescriptors.Items.Cast<ControllerActionDescriptor>()
        from method in action.EndpointMetadata.OfType<HttpMethodMetadata>().Last().HttpMethods
        where method != "HEAD"
            && action.EndpointMetadata.OfType<ApiExplorerSettingsAttribute>().All(settings => !settings.IgnoreApi)
        select (
            $"{method} /{action.AttributeRouteInfo!.Template!.Replace("{**", "{", StringComparison.Ordinal)}",
            action.MethodInfo);

    private static IEnumerable<KeyValuePair<string, IOpenApiMediaType>> Contents(OpenApiOperation operation) =>
        operation.Responses!.Values.SelectMany(
            response => response.Content ?? new Dictionary<string, IOpenApiMediaType>())
            .Concat(operation.RequestBody?.Content ?? new Dictionary<string, IOpenApiMediaType>());
}
